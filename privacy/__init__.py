"""Pure computation of Enishi: values in, values out; no network, storage, clock or log."""
