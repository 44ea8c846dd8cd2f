# 持有人：同意的内容。

holders-consent-service = 同意就这件衣服的质保与维修与我联系。
holders-consent-recall = 同意向我发送这件衣服的安全提示和召回通知。
holders-consent-follow-up = 同意就这件衣服及其服务向我做满意度回访，最多两次。
