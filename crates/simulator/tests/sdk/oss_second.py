"""Scenarios of `alibabacloud-oss-v2`."""

import os
import socket
import tempfile

from common import BUCKET, KEY, ODD_KEY, PART, REGION, SECRET, address, expect, need, pattern


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
    data = pattern(2 * PART + 12)
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=ODD_KEY))
    assert upload.key == ODD_KEY
    where = dict(bucket=BUCKET, key=ODD_KEY, upload_id=upload.upload_id)
    parts = []
    for number, at in enumerate(range(0, len(data), PART), 1):
        sent = client.upload_part(oss.UploadPartRequest(part_number=number, body=data[at : at + PART], **where))
        parts.append(oss.UploadPart(part_number=number, etag=sent.etag))
    pages = client.list_parts_paginator(limit=2).iter_page(oss.ListPartsRequest(**where))
    listed = [part for page in pages for part in page.parts]
    assert [part.size for part in listed] == [PART, PART, 12] and all(part.hash_crc64 for part in listed)
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
    """The clock of the service is half an hour ahead for one request; the SDK tries again."""
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
