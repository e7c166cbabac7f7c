import Foundation
import TestSupport
import Testing

@testable import LetheCommand

@Suite struct ReportCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func files(in folder: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder))
  }

  private func ok(_ result: InProcess) throws -> String {
    try #require(result.status == 0, "\(result.errors)")
    return result.output
  }

  @Test func aComparisonIsOneFileWithItsNumbersWithin() throws {
    let folder = try TemporaryFolder()
    let (best, proxy) = (Repository.fixture("runs-0.1/best"), Repository.fixture("runs-0.1/proxy"))
    let page = folder.file("out/report.html")
    _ = try ok(InProcess("report", best, proxy, "-o", page))
    #expect(try files(in: folder.file("out")) == ["report.html"])
    let text = try String(contentsOfFile: page, encoding: .utf8)
    #expect(text.contains("<a download=\"summary.csv\" href=\"data:text/csv;") && !text.contains("<script"))

    let said = try ok(InProcess("report", best, proxy, "-o", page, "--files", folder.file("parts"), "--json"))
    let parts = try files(in: folder.file("parts"))
    #expect(parts.isSuperset(of: ["summary.csv", "metrics.csv", "drift.csv", "drift.svg"]), "\(parts)")
    let json = try #require(JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any])
    #expect(Set(json["files"] as? [String] ?? []) == Set(parts.map { folder.file("parts") + "/\($0)" }))
    #expect(try files(in: folder.file("out")) == ["report.html"])
  }

  @Test func pagesLinkToEachOtherAndHaveTheOptionsWords() throws {
    let folder = try TemporaryFolder()
    let (base, source) = (folder.file("base.h5"), folder.file("source"))
    _ = try ok(InProcess("new", "mlp", "--hidden", "8", "--classes", "5", "--seed", "7", "-o", base))
    _ = try ok(
      InProcess(
        "train", base, "--data", data + ":0-4", "--epochs", "1", "--lr", "0.05", "--schedule", "cosine", "-o", source,
        "--quiet"))
    _ = try ok(InProcess("report", source))
    let page = try String(contentsOfFile: source + "/report.html", encoding: .utf8)
    // As it would be typed, not as it is stored.
    #expect(page.contains("schedule</th><td>cosine</td>"))
    #expect(page.contains("batch-size</th><td>64</td>") && !page.contains("warmupEpochs"))

    let both = folder.file("pages/both.html")
    _ = try ok(InProcess("report", source, Repository.fixture("runs-0.1/proxy"), "-o", both))
    let text = try String(contentsOfFile: both, encoding: .utf8)
    #expect(text.contains("<a href=\"../source/report.html\">report of source</a>"))
    // There is no page of the other run, and no link to one.
    #expect(!text.contains("report of proxy"))
  }

  @Test func aLongTableIsFoldedUnlessAllIsAskedFor() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (folder.file("a.h5"), folder.file("b.h5"))
    for (path, seed) in [(first, "1"), (second, "2")] {
      _ = try ok(InProcess("new", "resnet18", "--input", "1x28x28", "--classes", "5", "--seed", seed, "-o", path))
    }
    let short = try ok(InProcess("drift", first, second))
    let all = try ok(InProcess("drift", first, second, "--all"))
    let rows = all.split(separator: "\n").count
    // Two lines stand above the layers, and the total below.
    #expect(short.contains("… and \(rows - 3 - 20) more layers, which matter less: --all shows every one"), "\(short)")
    #expect(all.contains("layer4.1.bn2") && !all.contains("more layers"))
  }
}
