//! One page of HTML that holds all it needs: no script, nothing from elsewhere, light and dark, fit for printing.
//!
//! Of several images, what stops most comes first, then an index, then each image.

mod chain;
mod disk;
mod image;

use crate::escape::html as escaped;
use crate::json::TOOL;
use crate::sorted;
use crate::summary::Summary;
use crate::{Judged, Style};
use preflight::{Report, Verdict};
use std::fmt::Write as _;
use std::io;

/// HTML.
pub(crate) struct Reporter;

/// Browsers are told to run and fetch nothing, should anything ask them to.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const STYLE: &str = include_str!("style.css");

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "html"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Html::new();
        let title = match images {
            [image] => format!("{}: {}", image.report.image, sorted::word(image.report.verdict).to_lowercase()),
            _ => Summary::of(images).heading(),
        };
        page.raw(&head(&title));
        page.raw("<main>\n");
        match images {
            [image] => image::whole(&mut page, image, 1, 1),
            _ => {
                index(&mut page, images);
                for (number, image) in (1..).zip(images) {
                    image::whole(&mut page, image, number, 2);
                }
            }
        }
        page.raw("</main>\n");
        footer(&mut page, images, style);
        page.raw("</body>\n</html>\n");
        out.write_all(page.text.as_bytes())
    }
}

/// A page under construction. Texts are escaped on their way in; what is raw is ours.
pub(crate) struct Html {
    text: String,
}

impl Html {
    fn new() -> Self {
        Html { text: String::new() }
    }

    fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// An element that holds text, with attributes as they are to stand there.
    fn leaf(&mut self, name: &str, attributes: &str, text: &str) {
        let _ = writeln!(self.text, "<{name}{attributes}>{}</{name}>", escaped(text));
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.leaf(&format!("h{level}"), "", text);
    }
}

fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(title)
    )
}

/// What stops most, and all images.
fn index(page: &mut Html, images: &[Judged<'_>]) {
    let summary = Summary::of(images);
    page.heading(1, &summary.heading());
    if !summary.causes.is_empty() {
        page.heading(2, "What stops images");
        page.raw("<div class=\"scroll\"><table>\n<caption>Rules by how many images they stop</caption>\n<thead><tr>");
        page.raw("<th scope=\"col\">Rule</th><th scope=\"col\">What must hold</th><th scope=\"col\">Stops</th>");
        page.raw("<th scope=\"col\">Fixing it alone makes ready</th></tr></thead>\n<tbody>\n");
        for cause in &summary.causes {
            let (rule, title) = (escaped(cause.rule), escaped(cause.title));
            let numbers =
                format!("<td class=\"number\">{}</td><td class=\"number\">{}</td>", cause.images.len(), cause.alone);
            page.raw(&format!("<tr><th scope=\"row\">{rule}</th><td>{title}</td>{numbers}</tr>\n"));
        }
        page.raw("</tbody></table></div>\n");
    }
    page.heading(2, "Images");
    page.raw("<div class=\"scroll\"><table>\n<caption>All images of this report</caption>\n<thead><tr>");
    page.raw("<th scope=\"col\">Image</th><th scope=\"col\">Verdict</th><th scope=\"col\">Found</th></tr></thead>\n<tbody>\n");
    for (number, Judged { report, .. }) in (1..).zip(images) {
        let link = format!("<a href=\"#image-{number}\"><code>{}</code></a>", escaped(&report.image));
        let (word, class) = (sorted::word(report.verdict).to_lowercase(), word_class(report.verdict));
        let counts = escaped(&sorted::counts(report));
        page.raw(&format!(
            "<tr><th scope=\"row\">{link}</th><td class=\"{class}\">{word}</td><td>{counts}</td></tr>\n"
        ));
    }
    page.raw("</tbody></table></div>\n");
}

fn word_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "passed",
        Verdict::Undecided => "unknown",
        Verdict::NotReady => "failed",
    }
}

fn footer(page: &mut Html, images: &[Judged<'_>], style: &Style) {
    let mut words = vec![format!("Bootworthy {}", TOOL.version)];
    if let Some(Judged { report: Report { pack, profile, .. }, .. }) = images.first() {
        words.push(format!("rules {pack}, profile {profile}"));
    }
    words.extend(style.moment(" ", ":").map(|moment| format!("{moment} UTC")));
    page.raw("<footer>\n");
    page.leaf("p", "", &words.join(" · "));
    page.raw("</footer>\n");
}
