# 标签打印机。
printers-title = 打印机
printers-about = 网络标签打印机，通过 TCP 9100 端口通信。
printers-none = 还没有打印机。请先新增一台。
printers-new = 新增打印机
printers-edit = 修改打印机
printers-search-hint = 编码、名称或地址
printers-ask = 查询状态
