"""What each verb of the command line does: from arguments to an `Answer`."""
