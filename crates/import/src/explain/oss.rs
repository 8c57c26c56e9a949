//! Codes of OSS, as uploads meet them ("Error responses" of the OSS reference).

use super::Explanation;
use super::Origin::Oss;

const fn code(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Oss, code, meaning, remedy)
}

pub(super) static CODES: &[Explanation] = &[
    code(
        "AccessDenied",
        "the key may not do this with the bucket or the object",
        "allow it oss:PutObject, oss:ListParts, oss:AbortMultipartUpload, oss:GetObject and oss:GetBucketInfo, and see \
         that no policy of the bucket denies them",
    ),
    code("NoSuchBucket", "the bucket is not there", "create it in the region of the import, or check its name"),
    code("InvalidBucketName", "no bucket can have this name", "take 3 to 63 lower-case letters, digits and hyphens"),
    code(
        "BucketAlreadyExists",
        "the bucket is there, and may be of another account: names are one for all",
        "choose another name",
    ),
    code("NoSuchKey", "the object is not in the bucket", "check its key, and whether its upload was completed"),
    code("InvalidObjectName", "no object can have this key", "give 1 to 1023 bytes that do not begin with a slash")
        .foretold(&["REQ-OBJECT"]),
    code(
        "NoSuchUpload",
        "the upload was completed or aborted, be it by a rule of the bucket for old ones",
        "run the command again: it looks whether the object is there, and begins anew where it is not",
    ),
    code(
        "FileAlreadyExists",
        "there is an object of this key, and it was not to be replaced",
        "choose another key, or allow to overwrite",
    ),
    code(
        "InvalidPart",
        "a part of the list is not there, or has other bytes",
        "run the command again: it sends it again",
    ),
    code("InvalidPartOrder", "the parts were not listed by number", "this is an error of the client: report it"),
    code("EntityTooSmall", "a part other than the last has fewer than 100 KiB", "use larger parts"),
    code("EntityTooLarge", "a part or an object is larger than it may be", "use parts of at most 5 GiB"),
    code("InvalidArgument", "a value in the request is none that it can have", "correct what the message names"),
    code(
        "InvalidDigest",
        "what arrived is not what was sent: its MD5 is another",
        "it is sent again by itself; where that goes on, something on the way changes bytes",
    )
    .temporary(),
    code(
        "MalformedXML",
        "the list of parts or another document is not well-formed",
        "report it as an error of the client",
    ),
    code("MissingContentLength", "the length of what is sent was not said", "report it, or the proxy that drops it"),
    code(
        "IncompleteBody",
        "the connection ended before all that was announced had come",
        "run the command again on a better line",
    ),
    code(
        "RequestTimeTooSkewed",
        "the clock of this machine is more than 15 minutes off",
        "set the clock; one request is made again by the clock of the service",
    ),
    code(
        "SecurityTokenExpired",
        "the temporary key has ended",
        "get new temporary credentials and run the same command again: it goes on where it was",
    ),
    code("InvalidSecurityToken", "the token does not belong to this key, or is none", "get new temporary credentials")
        .family(),
    code(
        "InvalidAccessKeyId",
        "there is no such access key, or it was disabled",
        "check the id of the key, and which profile it came from",
    )
    .family(),
    code(
        "SignatureDoesNotMatch",
        "the signature was not made with the secret of this key, or for another region",
        "check the secret of the key and the region of the bucket; a proxy that changes requests does it too",
    ),
    code(
        "InvalidObjectState",
        "the object is in an archive and cannot be read as it is",
        "restore it first, or upload it with the storage class Standard",
    ),
    code(
        "SlowDown",
        "the bucket or the account is asked too often at this moment",
        "wait; with fewer connections it comes less often",
    )
    .temporary(),
    code(
        "RequestTimeout",
        "the service waited too long for what was announced",
        "run the command again on a better line",
    )
    .temporary(),
    code(
        "QpsLimitExceeded",
        "the account asks too often at this moment",
        "wait; with fewer connections it comes less often",
    )
    .temporary(),
    code(
        "UploadTrafficRateLimitExceeded",
        "more is uploaded at this moment than the account may",
        "wait, or set a rate",
    )
    .temporary(),
    code(
        "DownloadTrafficRateLimitExceeded",
        "more is read at this moment than the account may",
        "wait, and see what else reads from the bucket",
    )
    .temporary(),
    code("UserDisable", "the account is disabled for OSS: mostly for bills that are not paid", "look at the bills"),
    code(
        "SecondLevelDomainForbidden",
        "the bucket must be named in the host, and was named in the path",
        "use an endpoint with a name, not with a number",
    ),
    code(
        "InvalidEncryptionAlgorithmError",
        "the encryption that was asked for is none that there is",
        "say AES256 or KMS, or leave it out",
    ),
    code(
        "KmsServiceNotEnabled",
        "the bucket encrypts by KMS, which the account has not enabled",
        "use a bucket without encryption: imports cannot read one with KMS",
    ),
];
