# 物料批。

lots-title = 物料批
lots-about = 面料、纽扣、拉链、缝纫线：从一家往来单位收到的每一批物料，以及它由什么制成。
lots-add = 新增物料批
lots-new = 新增物料批
lots-edit = 修改
lots-search-hint = 批号、物料、缸号
lots-none = 还没有物料批。可以新增一个，或导入文件。
lots-trace = 追溯
lots-parents-none = 没有记录。如果它由其他批制成，请补上，追溯才能继续往上走。
lots-children-none = 没有其他批由它制成。
lots-batches-none = 还没有用到任何生产批次里。
lots-used = 使用情况
lots-used-sum = 已登记用量
lots-used-left = 剩余
lots-used-beyond = 登记用量超出收货数量
