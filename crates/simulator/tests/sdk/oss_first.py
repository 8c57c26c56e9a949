"""Scenarios of `oss2`, under both of its signatures."""

import os
import tempfile

from common import BUCKET, KEY, ODD_KEY, PART, REGION, SECRET, address, expect, need, pattern, token


def oss2_bucket(version, key=KEY, secret=SECRET, session=None):
    (oss2,) = need("oss2")
    if version == "v4":
        from oss2.credentials import StaticCredentialsProvider

        auth = oss2.ProviderAuthV4(StaticCredentialsProvider(key, secret, session))
    else:
        auth = oss2.StsAuth(key, secret, session) if session else oss2.Auth(key, secret)
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
    begun = [(key, bucket.init_multipart_upload(key).upload_id) for key in ("u/1", "u/2", "u/2", "u/3")]
    for most in (1, 2, 3):
        pages = oss2.MultipartUploadIterator(bucket, prefix="u/", max_uploads=most)
        assert [(item.key, item.upload_id) for item in pages] == begun
    for key, upload in begun:
        bucket.abort_multipart_upload(key, upload)
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
    good = token("TOKEN")
    oss2_bucket(version, *good)[1].put_object("k", b"x")
    expect("InvalidSecurityToken", oss2_bucket(version, *good[:2], "other")[1].put_object, "k", b"x")
    expect("SecurityTokenExpired", oss2_bucket(version, *token("OLD"))[1].put_object, "k", b"x")
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
