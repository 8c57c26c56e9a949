"""Scenarios of `alibabacloud_ecs20140526`, and one of the SDK before it."""

from common import BUCKET, KEY, REGION, SECRET, address, expect, need, token
from rpc import import_request, rpc_client


def ecs_import():
    client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS")
    expect("DryRunOperation", client.import_image, import_request(ecs, dry_run=True))
    made = client.import_image(import_request(ecs)).body
    assert made.image_id.startswith("m-") and made.task_id.startswith("t-") and made.region_id == REGION
    again = client.import_image(import_request(ecs)).body
    assert (again.image_id, again.task_id) == (made.image_id, made.task_id)
    expect("IdempotentParameterMismatch", client.import_image, import_request(ecs, image_name="image-2"))
    expect("ImageIsImporting", client.import_image, import_request(ecs, client_token="token-2"))
    snapshots = client.describe_snapshots(ecs.DescribeSnapshotsRequest(region_id=REGION)).body.snapshots.snapshot
    assert [snapshot.status for snapshot in snapshots] == ["failed"]
    unseen = client.describe_images(ecs.DescribeImagesRequest(region_id=REGION, image_id=made.image_id)).body
    assert unseen.total_count == 0
    statuses = []
    while not statuses or statuses[-1][0] == "Processing":
        task = client.describe_task_attribute(
            ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id=made.task_id)).body
        statuses.append((task.task_status, task.task_process))
        assert len(statuses) < 50
    assert len(statuses) > 2 and statuses[-1] == ("Finished", "100%") and task.success_count == 1
    tasks = client.describe_tasks(ecs.DescribeTasksRequest(region_id=REGION, task_ids=made.task_id)).body
    assert [(task.task_id, task.task_status) for task in tasks.task_set.task] == [(made.task_id, "Finished")]
    asked = ecs.DescribeImagesRequest(region_id=REGION, status="ALL",
                                      tag=[ecs.DescribeImagesRequestTag(key="made-by", value="a b~*+\u00e9/")])
    for _ in range(50):
        image = client.describe_images(asked).body.images.image[0]
        if image.detection_options.status == "Finished":
            break
    assert (image.image_id, image.status, image.boot_mode) == (made.image_id, "Available", "UEFI")
    assert image.features.nvme_support == "supported" and image.detection_options.items.item
    snapshots = client.describe_snapshots(ecs.DescribeSnapshotsRequest(region_id=REGION)).body.snapshots.snapshot
    assert [snapshot.status for snapshot in snapshots] == ["accomplished"]
    expect("InvalidImageName.Duplicated", client.import_image, import_request(ecs, client_token="token-3"))
    expect("InvalidTaskId.IncorrectTaskStatus", client.cancel_task,
           ecs.CancelTaskRequest(region_id=REGION, task_id=made.task_id))
    client.delete_image(ecs.DeleteImageRequest(region_id=REGION, image_id=made.image_id))
    assert client.describe_images(asked).body.total_count == 0
    regions = client.describe_regions(ecs.DescribeRegionsRequest()).body.regions.region
    assert REGION in [region.region_id for region in regions]


def ecs_cancel_and_fail():
    """The second import was scripted to fail at 90 %."""
    client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS")
    made = client.import_image(import_request(ecs)).body
    expect("IncorrectImageStatus", client.delete_image,
           ecs.DeleteImageRequest(region_id=REGION, image_id=made.image_id))
    client.cancel_task(ecs.CancelTaskRequest(region_id=REGION, task_id=made.task_id))
    attribute = ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id=made.task_id)
    assert client.describe_task_attribute(attribute).body.task_status == "Failed"
    made = client.import_image(import_request(ecs, client_token="token-2")).body
    attribute = ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id=made.task_id)
    for _ in range(50):
        task = client.describe_task_attribute(attribute).body
        if task.task_status != "Processing":
            break
    operation = task.operation_progress_set.operation_progress[0]
    assert (task.task_status, task.task_process, task.failed_count) == ("Failed", "90%", 1)
    assert (operation.error_code, operation.error_msg) == ("InvalidImage", "No boot loader.")
    expect("InvalidTaskId.NotFound", client.describe_task_attribute,
           ecs.DescribeTaskAttributeRequest(region_id=REGION, task_id="t-none"))


def ecs_refusals():
    client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS")

    def disk(**more):
        return [ecs.ImportImageRequestDiskDeviceMapping(
            **{**dict(ossbucket=BUCKET, ossobject="disk.qcow2", disk_image_size=40), **more})]

    for code, named in [
        ("InvalidOSSBucket.Malformed", dict(disk_device_mapping=disk(ossbucket="-Bad"))),
        ("InvalidOSSBucket.NotFound", dict(disk_device_mapping=disk(ossbucket="missing"))),
        ("InvalidOSSBucket.NotMatched", dict(disk_device_mapping=disk(ossbucket="elsewhere"))),
        ("InvalidOSSBucket.EncryptUnsupported", dict(disk_device_mapping=disk(ossbucket="encrypted"))),
        ("InvalidOSSObject.NotFound", dict(disk_device_mapping=disk(ossobject="missing.qcow2"))),
        ("InvalidOSSObject.Size", dict(disk_device_mapping=disk(ossobject="empty.raw"))),
        ("InvalidOSSObject.NeedRestore", dict(disk_device_mapping=disk(ossbucket="archived"))),
        ("UnsupportedSuffix.OSSObject", dict(disk_device_mapping=disk(ossobject="disk.iso"))),
        ("InvalidImageFormat.Malformed", dict(disk_device_mapping=disk(format="VHD"))),
        ("InvalidImageSize", dict(disk_device_mapping=disk(disk_image_size=4096))),
        ("InvalidDataDiskSize", dict(disk_device_mapping=disk() + disk(disk_image_size=4096))),
        ("MissingParameter.DiskDeviceMapping", dict(disk_device_mapping=None)),
        ("InvalidImageName.Malformed", dict(image_name="1")),
        ("InvalidRegionId.NotFound", dict(region_id="nowhere-1")),
        ("NoSetRoletoECSServiceAcount", dict(role_name="Missing")),
    ]:
        expect(code, client.import_image, import_request(ecs, **named))
    many = disk() * 17
    expect("DryRunOperation", client.import_image, import_request(ecs, disk_device_mapping=many, dry_run=True))
    asked = ecs.DescribeRegionsRequest()
    for code, more in [
        ("SignatureDoesNotMatch", dict(secret="wrong")),
        ("InvalidAccessKeyId.NotFound", dict(key="nobody")),
        ("InvalidSecurityToken.Expired", dict(zip(("key", "secret", "session"), token("OLD")))),
    ]:
        expect(code, rpc_client("alibabacloud_ecs20140526", "ECS", **more)[0].describe_regions, asked)
    rpc_client("alibabacloud_ecs20140526", "ECS", **dict(zip(("key", "secret", "session"), token("TOKEN"))))[
        0].describe_regions(asked)
    expect("Throttling.User", client.describe_tasks, ecs.DescribeTasksRequest(region_id=REGION))
    client.describe_tasks(ecs.DescribeTasksRequest(region_id=REGION))


def ecs_old_signatures():
    """The old signature, by the new SDK and by the old one, odd characters included."""
    client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS", signature_algorithm="v2")
    expect("DryRunOperation", client.import_image, import_request(ecs, dry_run=True))
    core, request_module = need("aliyunsdkcore.client", "aliyunsdkecs.request.v20140526.ImportImageRequest")
    old = core.AcsClient(KEY, SECRET, REGION)
    request = request_module.ImportImageRequest()
    request.set_endpoint(address("ECS"))
    request.set_protocol_type("http")
    request.set_ImageName("image-9")
    request.set_Description("a b~*+\u00e9/")
    request.set_DryRun(True)
    request.set_DiskDeviceMappings([{"OSSBucket": BUCKET, "OSSObject": "disk.qcow2"}])
    expect("DryRunOperation", old.do_action_with_exception, request)
