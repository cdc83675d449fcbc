/** A certificate for api.internal that signs itself, and its key: for tests only, valid for a hundred years. */
export const TEST_CERT = `-----BEGIN CERTIFICATE-----
MIIBnjCCAUSgAwIBAgIUTYxDRzHzhBVe6Hub5e+blkvWutAwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMYXBpLmludGVybmFsMCAXDTI2MTEyMTA4MDMxMloYDzIxMjYx
MDI4MDgwMzEyWjAXMRUwEwYDVQQDDAxhcGkuaW50ZXJuYWwwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAARxDanEsgEmRNLfhbygkuGOwi8jSsL3Ebumlf6pKRcaH1sb
/caan6JSv/WyaILn4rYPZtRQH0bCsW/aiCuqt7Hno2wwajAdBgNVHQ4EFgQUqTxm
Fp93QBJE3gKEHuHhDhMoHxkwHwYDVR0jBBgwFoAUqTxmFp93QBJE3gKEHuHhDhMo
HxkwDwYDVR0TAQH/BAUwAwEB/zAXBgNVHREEEDAOggxhcGkuaW50ZXJuYWwwCgYI
KoZIzj0EAwIDSAAwRQIhAIVGRVjK6rSBkQiK4IyYPo6Ud0IrWAuADtY26yMQkTUq
AiBgfU6so3qgV8CgWwc6dzWPUcPn+9fOHErp7IF1lm00bw==
-----END CERTIFICATE-----
`

export const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgouc+YLI6jzUxDo4w
taNxglb6vPqQGVekNVWWt2bQOxChRANCAARxDanEsgEmRNLfhbygkuGOwi8jSsL3
Ebumlf6pKRcaH1sb/caan6JSv/WyaILn4rYPZtRQH0bCsW/aiCuqt7Hn
-----END PRIVATE KEY-----
`
