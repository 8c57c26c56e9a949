//! The operations that are simulated, by their names in the API references.

use std::fmt;
use std::str::FromStr;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// An operation of one of the services.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in the API reference.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

operations! {
    /// OSS: `PUT /`
    PutBucket
    /// OSS: `GET /?bucketInfo`
    GetBucketInfo
    /// OSS: `GET /?location`
    GetBucketLocation
    /// OSS: `GET /?list-type=2`
    ListObjectsV2
    /// OSS: `PUT /KEY`
    PutObject
    /// OSS: `GET /KEY`
    GetObject
    /// OSS: `HEAD /KEY`
    HeadObject
    /// OSS: `DELETE /KEY`
    DeleteObject
    /// OSS: `POST /KEY?uploads`
    InitiateMultipartUpload
    /// OSS: `PUT /KEY?partNumber=N&uploadId=ID`
    UploadPart
    /// OSS: `POST /KEY?uploadId=ID`
    CompleteMultipartUpload
    /// OSS: `DELETE /KEY?uploadId=ID`
    AbortMultipartUpload
    /// OSS: `GET /KEY?uploadId=ID`
    ListParts
    /// OSS: `GET /?uploads`
    ListMultipartUploads
    /// ECS
    ImportImage
    /// ECS
    DescribeTasks
    /// ECS
    DescribeTaskAttribute
    /// ECS
    CancelTask
    /// ECS
    DescribeImages
    /// ECS
    DescribeSnapshots
    /// ECS
    DeleteImage
    /// ECS
    DescribeRegions
    /// RAM
    GetRole
    /// RAM
    CreateRole
    /// RAM
    UpdateRole
    /// RAM
    AttachPolicyToRole
    /// RAM
    ListPoliciesForRole
    /// STS
    GetCallerIdentity
    /// STS
    AssumeRole
    /// STS
    AssumeRoleWithOIDC
    /// Metadata: `PUT /latest/api/token`
    MetadataToken
    /// Metadata: `GET /latest/meta-data/…`, but credentials
    MetadataItem
    /// Metadata: `GET /latest/meta-data/ram/security-credentials/ROLE`
    MetadataCredentials
    /// Anything else; it is refused.
    Unknown
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Operation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|operation| operation.name() == text).ok_or(())
    }
}
