# Sales.

sales-title = Sales
sales-about = Every garment that was handed to a buyer, the latest first.
sales-new = Register a sale
sales-search-hint = Serial or order number
sales-import = Import a file
sales-retailer = Retailer
sales-none = No sales yet. Register the first one, or import a file of sales.
sales-sold-on = Sold
sales-order-no = Order number
sales-price = Price paid
sales-channel = Channel
sales-place = Place
sales-delivered-on = Delivered
sales-returned-on = Returned
sales-warranty = Warranty
sales-status-live = Sold
sales-status-ended = Returned
sales-done = The sale of { $serial } is registered. Scan the next garment.
sales-card = Open its card
sales-garment = Sales of a garment
sales-garment-unsold = This garment has not been sold.
sales-nth = Sale { $seq }
sales-deliver = Record the delivery
sales-deliver-hint = The warranty is worked out anew from this day where its policy says so. Its end never moves to an earlier day.
sales-return = Take it back
sales-return-hint = The sale, its warranty and the holding end. The garment may then be sold again.
