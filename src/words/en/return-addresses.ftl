# Where a garment is sent back to.
return-addresses-title = Return addresses
return-addresses-about = Where buyers send a garment back, by market. Their page shows it while a return waits for the parcel.
return-addresses-none = No address yet. Without one, a buyer is told that the desk writes to them.
return-addresses-new = New address
return-addresses-edit = Change
return-addresses-search-hint = Market or address
