//! Putting a request together.

use crate::boot_mode::boot_mode;
use crate::checks::Checks;
use crate::disk::disk;
use crate::import::{DiskDeviceMapping, ImportImage, mapping};
use crate::nvme::nvme_support;
use crate::origin::{Found, Origin};
use crate::stated::Stated;
use crate::system::{architecture, license_type, os_type, platform};
use facts::{Facts, Known};
use preflight::{DiskUse, Request, Target};

/// A request, and where each parameter comes from that the disks have a say in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The request.
    pub import: ImportImage,
    /// Where it comes from, in the order of the parameters.
    pub origins: Vec<Origin>,
    /// Files of the disks, in order.
    pub images: Vec<String>,
    stated: Request,
}

impl Draft {
    /// The request for a machine of these disks, the system disk first. What `target` says of the request is replaced
    /// by what is stated.
    pub fn of(disks: &[Facts], stated: &Stated, target: &Target) -> Self {
        let target = Target { request: stated.request.clone(), ..target.clone() };
        let mut draft = Draft { stated: stated.request.clone(), ..Draft::default() };
        draft.images = disks.iter().map(|facts| facts.image.path.clone()).collect();
        draft.region(&target);
        if let Some(system) = disks.first() {
            draft.system(system, &target);
        }
        draft.disks(disks, stated, &target);
        draft.as_stated(stated);
        draft
    }

    fn region(&mut self, target: &Target) {
        let found = target.instance.region.as_ref();
        let found = found.map(|region| Found::new(region, "the target names it")).map_or(Known::Absent, Known::Is);
        self.import.region_id = self.add(Origin::of("RegionId", self.stated.region_id.clone().as_deref(), found));
    }

    fn system(&mut self, facts: &Facts, target: &Target) {
        let stated = &target.request;
        self.import.os_type = self.add(os_type(facts, stated));
        self.import.platform = self.add(platform(facts, stated));
        self.import.architecture = self.add(architecture(facts, stated));
        let mode = boot_mode(facts, self.import.architecture.as_deref(), &target.instance, stated);
        self.import.boot_mode = self.add(mode);
        self.import.license_type = self.add(license_type(self.import.os_type.as_deref(), stated));
        self.import.nvme_support = self.add(nvme_support(facts, target));
    }

    fn disks(&mut self, disks: &[Facts], stated: &Stated, target: &Target) {
        for (number, facts) in (1..).zip(disks) {
            let said = stated.disks.get(number - 1).cloned().unwrap_or_default();
            let (mut disk, mut origins) = disk(facts, number, &said, self.stated.bucket.as_deref(), target.profile);
            if said.object_key.is_none() {
                self.tell_apart(&mut disk, number, &mut origins);
            }
            self.import.disk_device_mapping.push(disk);
            self.origins.extend(origins);
        }
    }

    /// Files of one name in several folders are not one object.
    fn tell_apart(&self, disk: &mut DiskDeviceMapping, number: usize, origins: &mut [Origin]) {
        let taken = self.import.disk_device_mapping.iter().any(|other| other.oss_object == disk.oss_object);
        let Some(key) = disk.oss_object.as_mut().filter(|_| taken) else { return };
        *key = format!("disk{number}-{key}");
        let name = mapping(number, "OSSObject");
        for origin in origins.iter_mut().filter(|origin| origin.parameter == name) {
            origin.sent = Some(key.clone());
            if let Known::Is(found) = &mut origin.found {
                found.value.clone_from(key);
                found.why.push_str(", and its number before it, for another disk has that name");
            }
        }
    }

    /// What a disk has no say in.
    fn as_stated(&mut self, stated: &Stated) {
        let request = stated.request.clone();
        let import = &mut self.import;
        import.image_name = request.image_name;
        import.description = request.description;
        import.imds_support = request.imds_support;
        import.role_name = request.role_name;
        import.detection_strategy = request.detection_strategy;
        import.storage_location_arn = request.storage_location_arn;
        import.resource_group_id = request.resource_group_id;
        import.tag = request.tags;
        import.client_token = request.client_token;
        import.dry_run = stated.dry_run;
    }

    fn add(&mut self, origin: Origin) -> Option<String> {
        let sent = origin.sent.clone();
        self.origins.push(origin);
        sent
    }

    /// Where the parameter of that name comes from.
    pub fn origin(&self, parameter: &str) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.parameter == parameter)
    }

    /// Parameters that the call needs and that nobody says.
    pub fn open(&self) -> impl Iterator<Item = &Origin> {
        self.origins.iter().filter(|origin| origin.is_open())
    }

    /// What the rules say of it, disk by disk; the disks are those that it was made of.
    pub fn check(&self, disks: &[Facts], target: &Target) -> Checks {
        let report = |(number, facts): (usize, &Facts)| {
            let disk = if number == 1 { DiskUse::System } else { DiskUse::Data };
            preflight::check(facts, &Target { disk, request: self.asked(number), ..target.clone() })
        };
        let other_mode = self.origin("BootMode").is_some_and(|origin| origin.differs);
        Checks::of((1..).zip(disks).map(report).collect(), other_mode)
    }

    /// The request as the rules about one disk see it: what is sent, and what is stated and not sent.
    fn asked(&self, number: usize) -> Request {
        let import = &self.import;
        let disk = import.disk_device_mapping.get(number - 1).cloned().unwrap_or_default();
        Request {
            platform: import.platform.clone(),
            architecture: import.architecture.clone(),
            boot_mode: import.boot_mode.clone(),
            os_type: import.os_type.clone(),
            nvme_support: import.nvme_support.clone(),
            region_id: import.region_id.clone(),
            format: disk.format,
            disk_image_size_gib: disk.disk_image_size,
            disk_number: u32::try_from(number).ok(),
            bucket: disk.oss_bucket,
            object_key: disk.oss_object,
            whole: true,
            ..self.stated.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use preflight::Verdict;

    #[test]
    fn a_sound_disk_makes_a_whole_request() {
        let (disks, target) = ([debian()], Target::default());
        let draft = Draft::of(&disks, &stated(), &target);
        let sent = draft.import.parameters();
        let pairs: Vec<_> = sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = [
            "RegionId=cn-hangzhou",
            "OSType=linux",
            "Platform=Debian",
            "Architecture=x86_64",
            "BootMode=BIOS",
            "DiskDeviceMapping.1.Format=QCOW2",
            "DiskDeviceMapping.1.OSSBucket=my-images",
            "DiskDeviceMapping.1.OSSObject=disk.qcow2",
            "DiskDeviceMapping.1.DiskImageSize=4",
            "Features.NvmeSupport=supported",
        ];
        assert_eq!(pairs, expected);
        assert_eq!(draft.open().count(), 0);
        let checks = draft.check(&disks, &target);
        assert!(checks.refusing().is_empty(), "{:?}", checks.refusing());
    }

    #[test]
    fn the_target_says_the_region_and_the_firmware() {
        let mut facts = debian();
        facts.boot.uefi = facts.boot.bios.clone();
        let target = Target { instance: "uefi/ap-southeast-1".parse().unwrap(), ..Target::default() };
        let nothing = Stated::default();
        let draft = Draft::of(&[facts], &nothing, &target);
        assert_eq!(draft.import.region_id.as_deref(), Some("ap-southeast-1"));
        assert_eq!(draft.import.boot_mode.as_deref(), Some("UEFI"));
    }

    #[test]
    fn further_disks_are_data_disks() {
        let disks = vec![debian(); 18];
        let draft = Draft::of(&disks, &stated(), &Target::default());
        let keys: Vec<_> =
            draft.import.disk_device_mapping.iter().filter_map(|disk| disk.oss_object.as_deref()).collect();
        assert_eq!(keys[..3], ["disk.qcow2", "disk2-disk.qcow2", "disk3-disk.qcow2"]);
        let checks = draft.check(&disks, &Target::default());
        let refusing = checks.refusing();
        let ids: Vec<_> = refusing.iter().map(|problem| (problem.disk, problem.rule)).collect();
        assert_eq!(ids, [(18, "IMG-DATADISK-COUNT")]);
    }

    #[test]
    fn windows_needs_a_choice_of_licence() {
        let disks = [windows()];
        let mut stated = stated();
        let refused = |stated: &Stated| {
            let draft = Draft::of(&disks, stated, &Target::default());
            let checks = draft.check(&disks, &Target::default());
            checks.refusing().iter().map(|problem| problem.rule.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(refused(&stated), ["IMG-LICENSE"]);
        stated.request.license_type = Some("BYOL".into());
        assert!(refused(&stated).is_empty());
    }

    #[test]
    fn what_is_stated_and_not_true_is_refused() {
        let disks = [debian()];
        for (change, rule) in [
            ((|request| request.architecture = Some("arm64".into())) as fn(&mut Request), "IMG-ARCH"),
            (|request| request.boot_mode = Some("UEFI".into()), "LNX-BOOT-DECLARED"),
            (|request| request.region_id = None, "REQ-REQUIRED"),
            (|request| request.bucket = Some("My_Images".into()), "REQ-OBJECT"),
            (|request| request.tags = vec!["acs:x=1".parse().unwrap()], "REQ-TAG"),
            (|request| request.client_token = Some("ü".into()), "REQ-CLIENT-TOKEN"),
        ] {
            let mut stated = stated();
            change(&mut stated.request);
            let draft = Draft::of(&disks, &stated, &Target::default());
            let checks = draft.check(&disks, &Target::default());
            assert!(checks.refusing().iter().any(|problem| problem.rule == rule), "{rule}: {:?}", checks.refusing());
        }
    }

    #[test]
    fn what_is_wrong_with_the_system_is_not_wrong_with_the_request() {
        let mut facts = debian();
        facts.boot.bios.can = is(false);
        let disks = [facts];
        let draft = Draft::of(&disks, &stated(), &Target::default());
        let checks = draft.check(&disks, &Target::default());
        // These facts say nothing of fstab, login and the like.
        assert_ne!(checks.reports()[0].verdict, Verdict::Ready);
        assert!(checks.refusing().is_empty());
    }
}
