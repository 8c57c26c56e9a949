//! Services that are late, tell wrong tags, or give less at a time than was asked for.

use crate::cloud::{BUCKET, Cloud, KEY, image};
use simulator::Operation;

#[test]
fn a_completion_that_comes_late_is_waited_for_or_done_again() {
    let (cloud, image) = (Cloud::new(), image(3));
    cloud.simulator.fault("CompleteMultipartUpload:1=late:300".parse().unwrap());
    let done = cloud.upload(&image);
    // Whatever was answered in between, running it again ends well and sends nothing twice.
    let done = done.or_else(|_| cloud.upload(&image)).unwrap();
    assert_eq!(cloud.object().unwrap(), image);
    assert_eq!(cloud.simulator.object(BUCKET, KEY).unwrap().crc64, done.crc64);
    assert_eq!(cloud.count(Operation::UploadPart), 4);
}

#[test]
fn lists_of_a_few_items_are_read_to_their_end() {
    let cloud = Cloud::with(simulator::Options { page: 2, ..simulator::Options::default() });
    let image = image(6);
    cloud.simulator.fault("CompleteMultipartUpload:1=fail:AccessDenied".parse().unwrap());
    cloud.upload(&image).unwrap_err();
    let done = cloud.upload(&image).unwrap();
    assert_eq!((done.kept, done.sent), (7, 0));
    assert_eq!((cloud.count(Operation::ListParts), cloud.object().unwrap()), (4, image));
}

#[test]
fn a_part_whose_tag_is_wrong_makes_no_wrong_object() {
    let (cloud, image) = (Cloud::new(), image(3));
    cloud.simulator.fault("UploadPart:2=wrong-etag".parse().unwrap());
    cloud.upload(&image).or_else(|_| cloud.upload(&image)).unwrap();
    assert_eq!(cloud.object().unwrap(), image);
}
