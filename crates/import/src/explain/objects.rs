//! Codes of ECS about what is imported: bucket, object, format (ImportImage, API 2014-05-26).

use super::Explanation;
use super::Origin::Ecs;

const fn code(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Ecs, code, meaning, remedy)
}

pub(super) static CODES: &[Explanation] = &[
    code("InvalidOSSBucket", "the bucket cannot be imported from", "check its name, region and settings").family(),
    code("InvalidOSSBucket.Malformed", "no bucket can have this name", "give the name alone, without oss:// and path")
        .foretold(&["REQ-OBJECT"]),
    code(
        "InvalidOSSBucket.NotFound",
        "the bucket is not there, or not in the region of the import",
        "check its name, and import in its region",
    )
    .foretold(&["REQ-REGION"]),
    code(
        "InvalidOSSBucket.NotMatched",
        "the bucket is in another region than the import",
        "import in the region of the bucket, or upload to a bucket of the region",
    )
    .foretold(&["REQ-REGION"]),
    code(
        "InvalidOSSBucket.EncryptUnsupported",
        "the bucket is encrypted in a way that imports cannot read",
        "upload to a bucket without encryption on the server",
    ),
    code(
        "InvalidOSSBucket.FlowLimit",
        "the bucket is being read too much at this moment",
        "wait and try again; a limit of the bucket's traffic may have been set",
    )
    .temporary(),
    code("InvalidOSSObject", "the object cannot be imported", "check its key and what it holds").family(),
    code(
        "InvalidOSSObject.Malformed",
        "no object can have this key",
        "give 1 to 1023 bytes that do not begin with a slash",
    )
    .foretold(&["REQ-OBJECT"]),
    code(
        "InvalidOSSObject.NotFound",
        "the object is not in the bucket",
        "check its key, and whether its upload was completed",
    ),
    code("InvalidOSSObject.Size", "the object has no bytes, or more than an import takes", "upload the image again")
        .foretold(&["IMG-ZERO"]),
    code(
        "InvalidOSSObject.NeedRestore",
        "the object is in an archive and cannot be read as it is",
        "restore it first, or upload it with the storage class Standard",
    ),
    code(
        "UnsupportedSuffix.OSSObject",
        "the end of the key names no format that the service takes",
        "let the key end in .qcow2, .vhd or .raw",
    )
    .foretold(&["IMG-SUFFIX"]),
    code("InvalidImageFormat", "the image is of a format that cannot be imported", "convert it to qcow2, vhd or raw")
        .family()
        .foretold(&["IMG-FORMAT", "REQ-FORMAT"]),
    code(
        "InvalidImageFormat.Malformed",
        "the image is not of the format that was named, or of none that can be imported, or needs another file",
        "convert it to qcow2, vhd or raw, and name the format that it has or none",
    )
    .foretold(&[
        "IMG-FORMAT",
        "IMG-FORMAT-HINT",
        "REQ-FORMAT",
        "IMG-ISO",
        "IMG-QCOW2-BACKING",
        "IMG-QCOW2-DIRTY",
        "IMG-VHD-TYPE",
    ]),
    code(
        "InvalidImageFormat.RegionNotSupported",
        "this format is not taken in this region: of VMDK only by invitation",
        "convert it to qcow2, vhd or raw",
    )
    .foretold(&["IMG-FORMAT", "REQ-FORMAT"]),
    code(
        "InvalidVHDImage.IncorrectSize",
        "the size of the VHD does not fit the table of its blocks",
        "convert it again, so that its size is a whole number of blocks of 2 MiB",
    )
    .foretold(&["IMG-VHD-TABLE"]),
    code(
        "InvalidBlockSize.NotSupport",
        "the VHD has blocks of another size than 2 MiB",
        "convert it again with blocks of 2 MiB",
    )
    .foretold(&["IMG-VHD-BLOCK"]),
    code(
        "InvalidOSS.NotAuthorized",
        "the role that ECS takes may not read the object",
        "attach AliyunECSImageImportRolePolicy to the role, and see that no policy of the bucket denies it",
    ),
];
