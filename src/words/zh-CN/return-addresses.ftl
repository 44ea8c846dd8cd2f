# 退货寄往哪里。
return-addresses-title = 退货地址
return-addresses-about = 各市场的买家把衣服寄回到哪里；退货等待寄回时，会显示在买家的进度页上。
return-addresses-none = 还没有地址。没有地址时，进度页会告诉买家由客服另行通知。
return-addresses-new = 新建地址
return-addresses-edit = 修改
return-addresses-search-hint = 市场或地址
