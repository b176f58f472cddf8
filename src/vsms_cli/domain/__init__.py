"""The words of the trade: values and rules, standard library only, nothing that reads or writes."""
