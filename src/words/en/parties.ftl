# Parties.
parties-title = Parties
parties-about = Suppliers, factories, carriers, retailers: everyone you do business with.
parties-add = Add a party
parties-new = Add a party
parties-edit = Change a party
parties-search-hint = Code, name, city or GLN
parties-none = There are no parties yet. Add one, or import a file.
parties-used = Where it is used
parties-used-styles = Styles it manufactures
parties-used-lots = Lots it supplied
parties-used-batches = Batches it sewed
parties-trace = Trace
