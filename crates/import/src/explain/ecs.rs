//! Codes of ECS: ImportImage, tasks, CancelTask (API 2014-05-26).

use super::Explanation;
use super::Origin::Ecs;

const fn code(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Ecs, code, meaning, remedy)
}

/// Names of the role are taken from whichever text the service was written after: one has a letter less.
const NO_ROLE: &str = "ECS finds no role of the account in which it may read the object";
const MAKE_ROLE: &str = "let the import make the role AliyunECSImageImportDefaultRole, or make it in the RAM console: \
    it trusts ecs.aliyuncs.com and has AliyunECSImageImportRolePolicy; a new role needs about a minute";

pub(super) static CODES: &[Explanation] = &[
    code(
        "MissingParameter",
        "a parameter that the call needs is not there",
        "send the parameter that the message names",
    )
    .family()
    .foretold(&["REQ-REQUIRED"]),
    code(
        "MissingParameter.DiskDeviceMapping",
        "the request names no disk to import",
        "name bucket and object of at least the system disk",
    )
    .foretold(&["REQ-REQUIRED"]),
    code(
        "InvalidParameter",
        "a parameter has a value that it cannot have",
        "correct the parameter that the message names",
    )
    .family(),
    code(
        "InvalidParameter.DetectionStrategy",
        "the only strategy of the check after an import is Standard",
        "say Standard, or leave the check out",
    )
    .foretold(&["REQ-DETECTION"]),
    code(
        "InvalidParameter.FeaturesImdsSupport",
        "ImdsSupport is neither v1 nor v2",
        "say v1 or v2, or leave it out for v1",
    )
    .foretold(&["REQ-IMDS"]),
    code(
        "ImageCheckUnsupported.WindowsImage",
        "the check after an import is not made of Windows images where the request goes",
        "leave DetectionStrategy out",
    ),
    code(
        "InvalidRegionId.NotFound",
        "there is no region of this name",
        "use the name of a region, such as cn-hangzhou, not of a zone or of an endpoint",
    )
    .foretold(&["REQ-REGION"]),
    code(
        "InvalidRegion.NotSupport",
        "imports, or what the request asks for, are not to be had in this region",
        "import in another region and copy the image, or ask support",
    ),
    code(
        "InvalidImageName.Malformed",
        "an image cannot have this name",
        "take 2 to 128 letters, digits and . : _ -, beginning with a letter, and not with aliyun or acs:",
    )
    .foretold(&["REQ-IMAGE-NAME"]),
    code(
        "InvalidImageName.Duplicated",
        "an image of the account has this name in this region already",
        "choose another name, or use the image that is there: an earlier run may have made it",
    ),
    code(
        "ImageIsImporting",
        "an import of an image of this name goes on",
        "wait for its task instead of beginning it again",
    ),
    code(
        "InvalidDescription.Malformed",
        "the description has fewer than 2 or more than 256 characters, or begins with http:// or https://",
        "shorten it, or leave it out",
    )
    .foretold(&["REQ-DESCRIPTION"]),
    code(
        "InvalidArchitecture.Malformed",
        "the architecture is none of i386, x86_64, arm64",
        "say which of the three the kernel of the image is made for",
    )
    .foretold(&["IMG-ARCH"]),
    code(
        "InvalidArchitecture.PlatformUnsupported",
        "the platform that is named is not to be had for this architecture",
        "correct the platform or the architecture to what the image is",
    )
    .foretold(&["IMG-ARCH", "IMG-PLATFORM"]),
    code(
        "InvalidPlatform.Malformed",
        "the platform is none that the service knows",
        "use a name of its list to the letter, or Others Linux or Other Windows",
    )
    .foretold(&["IMG-PLATFORM"]),
    code("InvalidOSType.Malformed", "the type of system is neither linux nor windows", "say linux or windows")
        .foretold(&["REQ-OS-TYPE"]),
    code("InvalidBootMode.Malformed", "the boot mode is neither BIOS nor UEFI", "say BIOS or UEFI")
        .foretold(&["IMG-BOOTMODE"]),
    code(
        "InvalidBootMode.NotSupport",
        "the boot mode does not go with the architecture: arm64 boots by UEFI only",
        "say UEFI for arm64, and see to it that the image has a boot loader for it",
    )
    .foretold(&["IMG-BOOTMODE", "LNX-ARM-UEFI"]),
    code(
        "InvalidImageSize",
        "the size of the system disk is out of bounds, or smaller than the image",
        "give whole GiB from the virtual size of the image to 2048",
    )
    .foretold(&["IMG-DISKSIZE-MIN", "IMG-DISKSIZE-RANGE"]),
    code(
        "InvalidDataDiskSize",
        "the size of a data disk is out of bounds, or smaller than its image",
        "give whole GiB from the virtual size of the image to 2048",
    )
    .foretold(&["IMG-DISKSIZE-MIN", "IMG-DISKSIZE-RANGE"]),
    code(
        "InvalidLicenseType.NotSupported",
        "the licence type is none that there is, or not for this platform",
        "of Windows Server say Aliyun or BYOL; of anything else leave it out",
    )
    .foretold(&["IMG-LICENSE"]),
    code(
        "InvalidLicenseType.BYOLOnly",
        "for this platform the service has no licences of its own",
        "say BYOL, and bring the licence",
    )
    .foretold(&["IMG-LICENSE"]),
    code(
        "InvalidClientToken.Malformed",
        "the token that makes a call the same again has more than 64 characters, or others than ASCII",
        "use a shorter one of letters and digits",
    )
    .foretold(&["REQ-CLIENT-TOKEN"]),
    code(
        "IdempotentParameterMismatch",
        "the same token was sent before with other parameters",
        "send what was sent then, or use a new token for what is another import",
    )
    .family(),
    code("TagKey.Duplication", "two tags have the same key, cases aside", "leave one of them out")
        .foretold(&["REQ-TAG"]),
    code("InvalidResourceGroup.NotFound", "there is no such resource group", "check its id, or leave it out")
        .foretold(&["REQ-RESOURCE-GROUP"]),
    code(
        "InvalidStorageLocation.NotFound",
        "there is no such CloudBox",
        "check the resource name, or leave it out where there is no CloudBox",
    )
    .foretold(&["REQ-STORAGE-LOCATION"]),
    code("NoSetRoletoECSServiceAcount", NO_ROLE, MAKE_ROLE),
    code("NoSetRoletoECSServiceAccount", NO_ROLE, MAKE_ROLE).foretold(&["REQ-ROLE-NAME"]),
    code(
        "InvalidOperation.CloudBoxImageImportRoleRequired",
        "an import into a CloudBox needs a role of its own",
        "make AliyunECSCloudBoxImageImportDefaultRole with AliyunECSCloudBoxImageImportRolePolicy",
    ),
    code(
        "QuotaExceed.Image",
        "the account has as many images as it may in this region",
        "delete images, or ask for a higher quota in the console",
    )
    .family(),
    code(
        "UserNotInTheWhiteList",
        "the account is not among those that may do this",
        "ask support for it, or do without what needs an invitation, such as VMDK",
    ),
    code(
        "ImportImageFailed",
        "the import failed, and the service says no more",
        "look at its task for a reason, and name the request id to support",
    ),
    code(
        "InvalidTaskId.NotFound",
        "there is no such task in this region",
        "check id and region; tasks that ended long ago are forgotten",
    ),
    code("InvalidTaskId.TaskActionNotSupport", "a task of this kind cannot be cancelled", "wait for its end"),
    code(
        "InvalidTaskId.IncorrectTaskStatus",
        "the task cannot be cancelled as it is: it ended already, or was cancelled",
        "look at its status, and delete the image if there is one that is not wanted",
    ),
    code(
        "CancelTaskFailed",
        "the task could not be cancelled",
        "look at its status, and ask again if it still goes on",
    ),
    code(
        "IncorrectImageStatus",
        "the image is not in a state in which this can be done: one that is being imported cannot be deleted",
        "cancel its task, or wait for its end",
    )
    .family(),
    code("InvalidImageId.NotFound", "there is no such image in this region", "check id and region").family(),
];
