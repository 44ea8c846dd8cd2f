# 往来单位。
parties-title = 往来单位
parties-about = 供应商、工厂、承运商、零售商等所有业务伙伴。
parties-add = 新增单位
parties-new = 新增往来单位
parties-edit = 修改往来单位
parties-search-hint = 编码、名称、城市或 GLN
parties-none = 还没有往来单位。请先新增一个，或从文件导入。
parties-used = 使用情况
parties-used-styles = 作为制造者的款号
parties-used-lots = 供应的物料批
parties-used-batches = 生产的批次
parties-trace = 追溯
