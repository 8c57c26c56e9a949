"""Drives the simulator with the official SDKs: one scenario a run, named by the first argument.

Addresses come from the environment (OSS, ECS, RAM, STS, METADATA: host:port). Exits 3 where a package is missing.
"""

import importlib
import os
import socket
import sys
import tempfile

KEY, SECRET = "testid", "testsecret"
REGION, BUCKET = "cn-hangzhou", "bkt"
ODD_KEY = "dir/a b~(1)*\u00e9+.qcow2"
PART = 200 * 1024


def need(*names):
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        print(f"missing: {error.name}")
        sys.exit(3)


def address(service):
    return os.environ[service]


def expect(code, call, *arguments, **named):
    """The call is refused with this code."""
    try:
        call(*arguments, **named)
    except Exception as error:  # every SDK has its own
        inner = getattr(error, "unwrap", lambda: error)() or error
        found = getattr(inner, "code", None) or getattr(inner, "error_code", None)
        if found is None and callable(getattr(inner, "get_error_code", None)):
            found = inner.get_error_code()
        assert found == code, f"{found} instead of {code}: {error}"
        return inner
    raise AssertionError(f"{code} was expected")


def pattern(size):
    """Bytes that do not repeat within a part."""
    return b"".join((index * 2654435761 & 0xFFFFFFFF).to_bytes(4, "big") for index in range(size // 4))


# OSS, first SDK


def oss2_bucket(version, key=KEY, secret=SECRET, token=None):
    (oss2,) = need("oss2")
    if version == "v4":
        from oss2.credentials import StaticCredentialsProvider

        auth = oss2.ProviderAuthV4(StaticCredentialsProvider(key, secret, token))
    else:
        auth = oss2.StsAuth(key, secret, token) if token else oss2.Auth(key, secret)
    return oss2, oss2.Bucket(auth, f"http://{address('OSS')}", BUCKET, region=REGION)


def oss2_objects(version):
    oss2, bucket = oss2_bucket(version)
    data = pattern(100_000)
    put = bucket.put_object(ODD_KEY, data, headers={"x-oss-meta-who": "me", "Content-Type": "text/x-odd"})
    assert put.status == 200 and put.crc is not None
    assert bucket.get_object(ODD_KEY).read() == data
    assert bucket.get_object(ODD_KEY, byte_range=(10, 19)).read() == data[10:20]
    head = bucket.head_object(ODD_KEY)
    assert head.content_length == len(data) and head.headers["x-oss-meta-who"] == "me"
    assert bucket.get_object_meta(ODD_KEY).content_length == len(data)
    # A body of unknown length is sent in chunks.
    bucket.put_object("chunked", iter([b"one ", b"two"]))
    assert bucket.get_object("chunked").read() == b"one two"
    for name in ["l/1", "l/2", "l/sub/3", "l/sub/4"]:
        bucket.put_object(name, b"x")
    page = bucket.list_objects_v2(prefix="l/", delimiter="/", max_keys=2)
    assert [item.key for item in page.object_list] == ["l/1", "l/2"] and page.is_truncated
    page = bucket.list_objects_v2("l/", "/", page.next_continuation_token)
    assert page.prefix_list == ["l/sub/"] and not page.is_truncated
    assert len(list(oss2.ObjectIteratorV2(bucket, prefix="l/", max_keys=1))) == 4
    info = bucket.get_bucket_info()
    assert (info.location, info.storage_class) == (f"oss-{REGION}", "Standard")
    assert bucket.get_bucket_location().location == f"oss-{REGION}"
    expect("FileAlreadyExists", bucket.put_object, "l/1", b"y", headers={"x-oss-forbid-overwrite": "true"})
    expect("InvalidDigest", bucket.put_object, "l/1", b"y", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})
    bucket.delete_object(ODD_KEY)
    expect("NoSuchKey", bucket.get_object, ODD_KEY)
    assert not bucket.object_exists(ODD_KEY)
    link = bucket.sign_url("GET", "chunked", 60, slash_safe=True)
    import requests

    assert requests.get(link).content == b"one two"
    assert requests.get(link + "x").status_code == 403


def oss2_multipart(version):
    oss2, bucket = oss2_bucket(version)
    from oss2.models import PartInfo

    data = pattern(3 * PART + 1000)
    upload = bucket.init_multipart_upload(ODD_KEY).upload_id
    pieces = [data[at : at + PART] for at in range(0, len(data), PART)]
    parts = []
    for number, piece in enumerate(pieces, 1):
        sent = bucket.upload_part(ODD_KEY, upload, number, piece)
        parts.append(PartInfo(number, sent.etag, size=len(piece), part_crc=sent.crc))
    page = bucket.list_parts(ODD_KEY, upload, max_parts=3)
    assert [part.part_number for part in page.parts] == [1, 2, 3] and page.is_truncated
    page = bucket.list_parts(ODD_KEY, upload, marker=page.next_marker)
    assert [part.size for part in page.parts] == [1000] and not page.is_truncated
    assert [(item.key, item.upload_id) for item in bucket.list_multipart_uploads().upload_list] == [(ODD_KEY, upload)]
    expect("InvalidPartOrder", complete_raw, bucket, upload, [parts[1], parts[0]])
    wrong = PartInfo(1, "0" * 32)
    expect("InvalidPart", bucket.complete_multipart_upload, ODD_KEY, upload, [wrong])
    small = bucket.upload_part(ODD_KEY, upload, 9, b"small")
    expect("EntityTooSmall", bucket.complete_multipart_upload, ODD_KEY, upload,
           [PartInfo(9, small.etag), PartInfo(10, bucket.upload_part(ODD_KEY, upload, 10, b"x").etag)])
    done = bucket.complete_multipart_upload(ODD_KEY, upload, parts)
    assert done.status == 200 and bucket.get_object(ODD_KEY).read() == data
    assert int(done.headers["x-oss-hash-crc64ecma"]) == bucket.head_object(ODD_KEY).server_crc
    expect("NoSuchUpload", bucket.complete_multipart_upload, ODD_KEY, upload, parts)
    other = bucket.init_multipart_upload("other").upload_id
    bucket.abort_multipart_upload("other", other)
    expect("NoSuchUpload", bucket.list_parts, "other", other)
    expect("NoSuchUpload", bucket.upload_part, "other", other, 1, b"x")


def complete_raw(bucket, upload, parts):
    """The SDK sorts what it is given; this does not."""
    listed = "".join(f"<Part><PartNumber>{p.part_number}</PartNumber><ETag>{p.etag}</ETag></Part>" for p in parts)
    body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
    return bucket._Bucket__do_object("POST", ODD_KEY, params={"uploadId": upload}, data=body)


def oss2_resume(version):
    """The second part of the first try is cut by a fault; the second try sends what is missing."""
    oss2, bucket = oss2_bucket(version)
    data = pattern(4 * PART)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.raw")
        with open(path, "wb") as file:
            file.write(data)
        store = oss2.ResumableStore(root=folder)
        go = dict(store=store, multipart_threshold=PART, part_size=PART, num_threads=1)
        try:
            oss2.resumable_upload(bucket, "disk.raw", path, **go)
            raise AssertionError("the fault did not strike")
        except oss2.exceptions.RequestError:
            pass
        oss2.resumable_upload(bucket, "disk.raw", path, **go)
    assert bucket.get_object("disk.raw").read() == data


def oss2_refusals(version):
    oss2, bucket = oss2_bucket(version)
    expect("SignatureDoesNotMatch", oss2_bucket(version, secret="wrong")[1].put_object, "k", b"x")
    expect("InvalidAccessKeyId", oss2_bucket(version, key="nobody")[1].put_object, "k", b"x")
    good = [os.environ[name] for name in ("TOKEN_ID", "TOKEN_SECRET", "TOKEN")]
    oss2_bucket(version, *good)[1].put_object("k", b"x")
    expect("InvalidSecurityToken", oss2_bucket(version, *good[:2], "other")[1].put_object, "k", b"x")
    old = [os.environ[name] for name in ("OLD_ID", "OLD_SECRET", "OLD")]
    expect("SecurityTokenExpired", oss2_bucket(version, *old)[1].put_object, "k", b"x")
    expect("AccessDenied", bucket.delete_object, "k")
    missing = oss2.Bucket(bucket.auth, f"http://{address('OSS')}", "missing", region=REGION)
    expect("NoSuchBucket", missing.put_object, "k", b"x")
    oss2.Bucket(bucket.auth, f"http://{address('OSS')}", "made-here", region=REGION).create_bucket()
    if version == "v4":
        elsewhere = oss2.Bucket(bucket.auth, f"http://{address('OSS')}", BUCKET, region="cn-beijing")
        expect("InvalidArgument", elsewhere.put_object, "k", b"x")


def oss2_skew(version):
    _, bucket = oss2_bucket(version)
    expect("RequestTimeTooSkewed", bucket.put_object, "k", b"x")


# OSS, second SDK


def ossv2_client(path_style=True, **more):
    (oss,) = need("alibabacloud_oss_v2")
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY, SECRET)
    config.region = REGION
    config.endpoint = f"http://{address('OSS')}"
    config.use_path_style = path_style
    for name, value in more.items():
        setattr(config, name, value)
    return oss, oss.Client(config)


def ossv2_objects():
    oss, client = ossv2_client()
    data = pattern(100_000)
    put = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=ODD_KEY, body=data))
    assert put.hash_crc64
    got = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=ODD_KEY))
    assert got.body.read() == data
    ranged = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=ODD_KEY, range_header="bytes=5-9"))
    assert ranged.status_code == 206 and ranged.body.read() == data[5:10]
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=ODD_KEY))
    assert head.content_length == len(data) and str(head.hash_crc64) == str(put.hash_crc64)
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
    assert info.location == f"oss-{REGION}"
    assert client.get_bucket_location(oss.GetBucketLocationRequest(bucket=BUCKET)).location == f"oss-{REGION}"
    pages = client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=BUCKET))
    assert [item.key for page in pages for item in page.contents or []] == [ODD_KEY]
    link = client.presign(oss.GetObjectRequest(bucket=BUCKET, key=ODD_KEY))
    import requests

    assert requests.get(link.url).content == data
    assert requests.get(link.url.replace("x-oss-expires", "x-oss-expire")).status_code == 403
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key=ODD_KEY))
    expect("NoSuchKey", client.get_object, oss.GetObjectRequest(bucket=BUCKET, key=ODD_KEY))
    refused = expect("NoSuchKey", client.head_object, oss.HeadObjectRequest(bucket=BUCKET, key=ODD_KEY))
    assert refused.request_id


def ossv2_multipart():
    oss, client = ossv2_client()
    data = pattern(2 * PART + 10)
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=ODD_KEY))
    assert upload.key == ODD_KEY
    where = dict(bucket=BUCKET, key=ODD_KEY, upload_id=upload.upload_id)
    parts = []
    for number, at in enumerate(range(0, len(data), PART), 1):
        sent = client.upload_part(oss.UploadPartRequest(part_number=number, body=data[at : at + PART], **where))
        parts.append(oss.UploadPart(part_number=number, etag=sent.etag))
    pages = client.list_parts_paginator(limit=2).iter_page(oss.ListPartsRequest(**where))
    listed = [part for page in pages for part in page.parts]
    assert [part.size for part in listed] == [PART, PART, 10] and all(part.hash_crc64 for part in listed)
    pages = client.list_multipart_uploads_paginator().iter_page(oss.ListMultipartUploadsRequest(bucket=BUCKET))
    assert [item.key for page in pages for item in page.uploads] == [ODD_KEY]
    request = oss.CompleteMultipartUploadRequest(
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts), **where
    )
    done = client.complete_multipart_upload(request)
    assert done.etag.strip('"').endswith("-3") and done.key == ODD_KEY
    expect("NoSuchUpload", client.complete_multipart_upload, request)
    other = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="o")).upload_id
    client.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=BUCKET, key="o", upload_id=other))
    expect("FileAlreadyExists", client.initiate_multipart_upload,
           oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=ODD_KEY, forbid_overwrite=True))


def ossv2_uploader():
    """A storm of 503 strikes; the uploader's own retries and its checksum of the whole get through it."""
    oss, client = ossv2_client()
    data = pattern(8 * PART)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.raw")
        with open(path, "wb") as file:
            file.write(data)
        uploader = client.uploader(part_size=PART, parallel_num=3, enable_checkpoint=True, checkpoint_dir=folder)
        result = uploader.upload_file(oss.PutObjectRequest(bucket=BUCKET, key="disk.raw"), filepath=path)
    assert result.status_code == 200
    got = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="disk.raw"))
    assert got.body.read() == data


def ossv2_skew():
    """The clock of the service is half an hour ahead; the SDK corrects its own."""
    oss, client = ossv2_client()
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x"))


def ossv2_virtual_host():
    port = address("OSS").split(":")[1]
    known = socket.getaddrinfo

    def loopback(host, *arguments, **named):
        name = "127.0.0.1" if host.endswith(".aliyuncs.com") else host
        return known(name, *arguments, **named)

    socket.getaddrinfo = loopback
    oss, client = ossv2_client(path_style=False, endpoint=f"http://oss-{REGION}.aliyuncs.com:{port}")
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=ODD_KEY, body=b"virtual"))
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=ODD_KEY)).body.read() == b"virtual"


# ECS, RAM, STS


def rpc_client(module, service, key=KEY, secret=SECRET, token=None, **more):
    client_module, models, config = need(f"{module}.client", f"{module}.models", "alibabacloud_tea_openapi.models")
    settings = config.Config(
        access_key_id=key, access_key_secret=secret, security_token=token,
        endpoint=address(service), protocol="HTTP", region_id=REGION, **more,
    )
    return client_module.Client(settings), models


def import_request(ecs, **more):
    mapping = ecs.ImportImageRequestDiskDeviceMapping(
        ossbucket=BUCKET, ossobject="disk.qcow2", disk_image_size=40, format="QCOW2"
    )
    named = dict(region_id=REGION, image_name="image-1", platform="Debian", boot_mode="UEFI", architecture="x86_64",
                 disk_device_mapping=[mapping], client_token="token-1", detection_strategy="Standard",
                 features=ecs.ImportImageRequestFeatures(nvme_support="supported"),
                 tag=[ecs.ImportImageRequestTag(key="made-by", value="a b~*+\u00e9/")])
    return ecs.ImportImageRequest(**{**named, **more})


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
        ("InvalidSecurityToken.Expired", dict(zip(("key", "secret", "token"), token("OLD")))),
    ]:
        expect(code, rpc_client("alibabacloud_ecs20140526", "ECS", **more)[0].describe_regions, asked)
    rpc_client("alibabacloud_ecs20140526", "ECS", **dict(zip(("key", "secret", "token"), token("TOKEN"))))[
        0].describe_regions(asked)
    expect("Throttling.User", client.describe_tasks, ecs.DescribeTasksRequest(region_id=REGION))
    client.describe_tasks(ecs.DescribeTasksRequest(region_id=REGION))


def token(name):
    return [os.environ[f"{name}_ID"], os.environ[f"{name}_SECRET"], os.environ[name]]


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


def ram_and_sts():
    client, ram = rpc_client("alibabacloud_ram20150501", "RAM")
    name, policy = "AliyunECSImageImportDefaultRole", "AliyunECSImageImportRolePolicy"
    trust = ('{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",'
             '"Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}')
    ecs_client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS")
    dry = import_request(ecs, dry_run=True)
    expect("NoSetRoletoECSServiceAcount", ecs_client.import_image, dry)
    expect("EntityNotExist.Role", client.get_role, ram.GetRoleRequest(role_name=name))
    create = ram.CreateRoleRequest(role_name=name, assume_role_policy_document=trust, description="a b")
    made = client.create_role(create).body.role
    assert (made.role_name, made.assume_role_policy_document) == (name, trust)
    expect("EntityAlreadyExists.Role", client.create_role, create)
    expect("InvalidOSS.NotAuthorized", ecs_client.import_image, dry)
    assert client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=name)).body.policies.policy == []
    attach = ram.AttachPolicyToRoleRequest(policy_type="System", policy_name=policy, role_name=name)
    client.attach_policy_to_role(attach)
    expect("EntityAlreadyExists.Role.Policy", client.attach_policy_to_role, attach)
    listed = client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=name)).body.policies.policy
    assert [item.policy_name for item in listed] == [policy]
    expect("DryRunOperation", ecs_client.import_image, dry)

    client, sts = rpc_client("alibabacloud_sts20150401", "STS")
    caller = client.get_caller_identity().body
    assert caller.account_id == "1234567890123456" and caller.identity_type == "Account"
    arn = f"acs:ram::{caller.account_id}:role/{name}"
    assume = sts.AssumeRoleRequest(role_arn=arn, role_session_name="session", duration_seconds=900)
    given = client.assume_role(assume).body.credentials
    taken, _ = rpc_client("alibabacloud_sts20150401", "STS", given.access_key_id, given.access_key_secret,
                          given.security_token)
    assert taken.get_caller_identity().body.arn.endswith(f"assumed-role/{name}/session")
    expect("EntityNotExist.Role", client.assume_role,
           sts.AssumeRoleRequest(role_arn=arn + "x", role_session_name="session"))
    oidc = sts.AssumeRoleWithOIDCRequest(role_arn=arn, role_session_name="oidc", oidctoken="jwt",
                                         oidcprovider_arn=f"acs:ram::{caller.account_id}:oidc-provider/p")
    assert client.assume_role_with_oidc(oidc).body.credentials.security_token


def metadata():
    """The credentials library asks the metadata service, in hardened mode."""
    (providers,) = need("alibabacloud_credentials.provider.ecs_ram_role")
    provider = providers.EcsRamRoleCredentialsProvider()
    known, host = provider.__class__, address("METADATA")
    for name in dir(provider):
        if isinstance(getattr(provider, name), str) and "100.100.100.200" in getattr(provider, name):
            setattr(provider, name, getattr(provider, name).replace("100.100.100.200", host))
    del known
    given = provider.get_credentials()
    assert given.access_key_id.startswith("STS.") and given.security_token
    _, bucket = oss2_bucket("v4", given.access_key_id, given.access_key_secret, given.security_token)
    bucket.put_object("k", b"x")


SCENARIOS = {
    f"{scenario.__name__}_{version}": (lambda scenario=scenario, version=version: scenario(version))
    for scenario in (oss2_objects, oss2_multipart, oss2_resume, oss2_refusals, oss2_skew)
    for version in ("v1", "v4")
}
SCENARIOS |= {
    scenario.__name__: scenario
    for scenario in (ossv2_objects, ossv2_multipart, ossv2_uploader, ossv2_skew, ossv2_virtual_host, ecs_import,
                     ecs_cancel_and_fail, ecs_refusals, ecs_old_signatures, ram_and_sts, metadata)
}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
    print("done")
