import Foundation
import TestSupport
import Testing

@testable import LetheCommand

private let groff = ["/usr/bin/groff", "/usr/local/bin/groff"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

@Suite struct ManualTests {
  @Test func everyCommandHasAPageThatManTakes() throws {
    let folder = try TemporaryFolder()
    let run = try Command("--generate-manual", folder.file("man1"))
    #expect(run.status == 0, "\(run.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("man1"))
    #expect(Set(names) == Set(Manual.pages().map { $0.name + ".1" }))
    #expect(names.contains("lethe.1") && names.contains("lethe-finetune.1") && names.contains("lethe-data-show.1"))
    let page = try String(contentsOfFile: folder.file("man1/lethe-finetune.1"), encoding: .utf8)
    #expect(page.hasPrefix(".TH LETHE-FINETUNE 1 "))
    for text in ["\\-\\-nesterov", ".SH THE STEP", "\\-\\-target fashion\\-mnist:5\\-9", ".SH EXIT STATUS"] {
      #expect(page.contains(text), "\(text)")
    }
    // A line that is text begins with no request.
    let requests: Set = ["TH", "SH", "B", "BR", "TP", "PP", "RS", "RE", "nf", "fi"]
    for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
      #expect(requests.contains(String(line.dropFirst().prefix { $0 != " " })), "\(line)")
    }
  }

  @Test(.enabled(if: groff != nil)) func groffHasNothingToSayAgainstThePages() throws {
    let folder = try TemporaryFolder()
    #expect(try Command("--generate-manual", folder.path).status == 0)
    let set = try Command(script: "for f in *.1; do groff -man -Tutf8 -ww -Kutf8 $f >/dev/null; done", in: folder.path)
    #expect(set.errors.isEmpty, "\(set.errors)")
  }
}
