links-title = 链接
links-about = 扫码后除质保卡以外的去处：任意 GS1 类型的链接，挂在款式、单品、物料批、批次或单件上，对其下全部生效。
links-none = 还没有添加链接。
links-new = 添加链接
links-search-hint = 标题或地址
links-remove = 移除
