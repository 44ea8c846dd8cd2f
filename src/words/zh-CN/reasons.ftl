# 售后原因。
reasons-title = 售后原因
reasons-about = 买家申请售后时可选的原因，用买家的说法。
reasons-none = 还没有原因。
reasons-new = 新增原因
reasons-edit = 修改原因
reasons-search-hint = 代码或说法
