//! The remedies: one file and one word each. A remedy looks at the rules that failed and proposes what helps.

use crate::work::Work;

macro_rules! remedies {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All of them, in the order in which they are listed.
        pub(crate) static REMEDIES: &[fn(&mut Work<'_>)] = &[$($name::propose),*];
    };
}

remedies! { fstab grub network cloud_cfg sshd selinux clock modprobe initramfs packages services login identity }
