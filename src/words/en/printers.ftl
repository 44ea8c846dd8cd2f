# Label printers.
printers-title = Printers
printers-about = Label printers on the network, spoken to on TCP port 9100.
printers-none = There are no printers yet. Add the first one.
printers-new = Add a printer
printers-edit = Change a printer
printers-search-hint = Code, name or address
printers-ask = Ask how it is
