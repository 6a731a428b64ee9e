"""Every action that a rule can allow or refuse: one name for each RPC, page action and command.

An RPC's action is its service and name as in the contract (`Node.ReviewPlan`); a test
compares them with the `.proto` files.  All other actions are `thing.verb`.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What somebody or some process asks to do."""

    # The enrolment service and the dealer.
    ENROLMENT_JOIN = "Enrolment.Join"
    DEALER_GET_STATUS = "Dealer.GetStatus"
    DEALER_PROPOSE_ROSTER = "Dealer.ProposeRoster"
    DEALER_ACCEPT_ROSTER = "Dealer.AcceptRoster"
    DEALER_DEAL = "Dealer.Deal"
    DEALER_OPEN_CARDS = "Dealer.OpenCards"
    DEALER_END_RUN = "Dealer.EndRun"
    DEALER_EXCHANGE_HEADS = "Dealer.ExchangeHeads"
    DEALER_COUNTERSIGN = "Dealer.Countersign"

    # The node service.
    NODE_GET_STATUS = "Node.GetStatus"
    NODE_PROPOSE_ROSTER = "Node.ProposeRoster"
    NODE_ACCEPT_ROSTER = "Node.AcceptRoster"
    NODE_COMMIT = "Node.Commit"
    NODE_SEND_CONTRIBUTIONS = "Node.SendContributions"
    NODE_RECEIVE_CONTRIBUTIONS = "Node.ReceiveContributions"
    NODE_CONFIRM_CITY = "Node.ConfirmCity"
    NODE_REVIEW_PLAN = "Node.ReviewPlan"
    NODE_ANSWER_KNOWN_PEOPLE = "Node.AnswerKnownPeople"
    NODE_SEND_ENCODINGS = "Node.SendEncodings"
    NODE_SEND_DUMMIES = "Node.SendDummies"
    NODE_MATCH_UNIVERSE = "Node.MatchUniverse"
    NODE_ACCEPT_SLOTS = "Node.AcceptSlots"
    NODE_SEND_REVIEW_ANSWERS = "Node.SendReviewAnswers"
    NODE_ASK_REVIEW = "Node.AskReview"
    NODE_CLOSE_EPOCH = "Node.CloseEpoch"
    NODE_SEND_HOUSEHOLDS = "Node.SendHouseholds"
    NODE_ACCEPT_HOUSEHOLDS = "Node.AcceptHouseholds"
    NODE_OPEN_HOUSEHOLDS = "Node.OpenHouseholds"
    NODE_MAKE_READY = "Node.MakeReady"
    NODE_BEGIN = "Node.Begin"
    NODE_RECEIVE_DEALING = "Node.ReceiveDealing"
    NODE_SEND_SEALED = "Node.SendSealed"
    NODE_RECEIVE_SEALED = "Node.ReceiveSealed"
    NODE_SEND_OUTPUTS = "Node.SendOutputs"
    NODE_DELIVER = "Node.Deliver"
    NODE_END_RUN = "Node.EndRun"
    NODE_EXCHANGE_HEADS = "Node.ExchangeHeads"
    NODE_COUNTERSIGN = "Node.Countersign"

    # Pages and commands at a node.
    DATA_IMPORT = "data.import"
    DATA_PREVIEW_ENCODING = "data.preview_encoding"
    STATUS_VIEW = "status.view"
    PLAN_VIEW = "plan.view"
    PLAN_APPROVE = "plan.approve"
    REVIEW_LIST = "review.list"
    REVIEW_ANSWER = "review.answer"
    ALERT_LIST = "alert.list"
    ALERT_OPEN = "alert.open"
    CASE_RECORD_VIEW = "case.record_view"
    CASE_REQUEST_VIEW = "case.request_view"
    MEETING_SHEET = "meeting.sheet"
    RESTRICTION_RECORD = "restriction.record"
    AUDIT_READ = "audit.read"

    # Pages and commands at the coordinator.
    NODE_ENROL = "node.enrol"
    ROUND_START = "round.start"
    ROUND_VIEW = "round.view"
    RELEASE_REQUEST = "release.request"
    ROUND_STOP = "round.stop"


RPC_ACTIONS = frozenset(action for action in Action if action.value[0].isupper())
