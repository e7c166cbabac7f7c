import Findings
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
    #expect(text.contains("<a download=\"summary.csv\" href=\"data:text/csv;") && !text.contains("<script src"))

    let said = try ok(InProcess("report", best, proxy, "-o", page, "--files", folder.file("parts"), "--json"))
    let parts = try files(in: folder.file("parts"))
    #expect(parts.isSuperset(of: ["summary.csv", "metrics.csv", "drift.csv", "drift.svg"]), "\(parts)")
    for (words, expected) in [
      (["--save-plots", "png"], "lethe: --save-plots draws the charts of --files: give --files FOLDER too\n"),
      (
        ["--files", folder.file("gifs"), "--save-plots", "png,gif"],
        "lethe: --save-plots: expected png, pdf, tensorboard, found 'gif'\n"
      ),
    ] {
      let refused = try Command(array: ["report", best, "-o", page] + words)
      #expect(refused.status == 64 && refused.errors == expected, "\(refused.errors)")
    }
    let json = try #require(JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any])
    #expect(Set(json["files"] as? [String] ?? []) == Set(parts.map { folder.file("parts") + "/\($0)" }))
    #expect(try files(in: folder.file("out")) == ["report.html"])
  }

  @Test func chartsAreDrawnAsTheyAreAskedFor() throws {
    let folder = try TemporaryFolder()
    let image = Repository.fixture("images/colour.png")
    // Stands for rsvg-convert, whose place is another package's.
    let renderer = folder.file("rsvg-convert")
    try """
    #!/bin/sh
    while [ $# -gt 2 ]; do [ "$1" = --output ] && to=$2; shift; done
    [ "$1" = --version ] || [ "$2" = --version ] || { grep -q '<svg' "$2" && cp '\(image)' "$to"; }
    """.write(toFile: renderer, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: renderer)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let parts = folder.file("parts")
    let result = try Command(
      [
        "report", Repository.fixture("runs-0.1/best"), "-o", folder.file("report.html"), "--files", parts,
        "--save-plots",
        "png,tensorboard",
      ], environment: ["PATH": "\(folder.path):\(path)"])
    #expect(result.status == 0, "\(result.errors)")
    let names = try files(in: parts)
    let charts = names.filter { $0.hasSuffix(".svg") }.map { $0.dropLast(4) }
    #expect(!charts.isEmpty && names.isSuperset(of: charts.map { $0 + ".png" }))
    #expect(!names.contains { $0.hasSuffix(".pdf") || $0.hasSuffix(".png.svg") })
    let drawn = try Data(contentsOf: URL(fileURLWithPath: image))
    let events = try Data(contentsOf: URL(fileURLWithPath: "\(parts)/events.out.tfevents.charts"))
    for chart in charts { #expect(events.range(of: Data("charts/\(chart)".utf8)) != nil, "\(chart)") }
    #expect(events.range(of: drawn) != nil)
  }

  @Test func aSweepIsOneFileWithItsNumbersWithin() throws {
    let folder = try TemporaryFolder()
    let methods = [("none", 0.6, 0.95), ("l2-sp", 0.8, 0.94)].map { name, source, target in
      SweepResult.Method(
        method: name, source: RepeatedMean([source]), target: RepeatedMean([target]),
        forgetting: RepeatedMean([0.9 - source]))
    }
    let sweep = SweepResult(
      sweep: "sweep", methods: methods, budget: nil, seedCount: 1, sourceTask: "old", targetTask: "new")
    try FindingFile.write(sweep, in: folder.path)
    let page = folder.file("out/report.html")
    let said = try ok(InProcess("report", folder.path, "-o", page, "--title", "both"))
    #expect(said.contains("By the means 2 methods trade one task for the other") && said.contains("report: \(page)"))
    #expect(try files(in: folder.file("out")) == ["report.html"])
    let text = try String(contentsOfFile: page, encoding: .utf8)
    #expect(text.contains("<a download=\"sweep.csv\" href=\"data:text/csv;") && text.contains("<title>both</title>"))

    let json = try ok(InProcess("report", folder.path, "-o", page, "--files", folder.file("parts"), "--json"))
    #expect(try files(in: folder.file("parts")) == ["frontier.svg", "sweep.csv"])
    #expect(try FindingDecoder.decode(JSONValue.self, from: json)["finding"]?["methods"] != nil)
  }

  @Test func aTransferIsOneFileWithItsNumbersWithin() throws {
    let folder = try TemporaryFolder()
    let cut = TransferResult.Cut(name: "conv", blockCount: 1)
    let target = TransferResult(
      target: "new", cuts: [cut], schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 1),
      exampleCount: 10, availableCount: 10, testCount: 100, base: RepeatedScore(.accuracy, [0.8]),
      curves: [TransferKind.transfer, .transferTuned].map {
        .init(kind: $0, points: [.init(copied: 1, cut: "conv", RepeatedScore(.accuracy, [0.7]))])
      })
    let cell = TransferMap.Cell(amount: nil, exampleCount: 10, testCount: 100, values: [.head: [0.7], .tuning: [0.8]])
    let map = TransferMap(rows: [.init(target: "new", cells: [cell])], schedule: target.schedule)
    let findings: [(finding: any Encodable, files: Set<String>, words: String)] = [
      (target, ["transfer.svg", "transfer.csv"], "every copy falls short"),
      (TransferComparison(targets: [target]), ["transfer.svg", "transfer.csv"], "Frozen up to conv"),
      (map, ["map.svg", "map.csv"], "(fine-tuning leads)"),
    ]
    for (finding, names, words) in findings {
      try FindingFile.write(finding, in: folder.path)
      let said = try ok(InProcess("report", folder.path, "--files", folder.file("parts")))
      #expect(said.contains(words), "\(said)")
      #expect(try files(in: folder.file("parts")).isSuperset(of: names))
      #expect(try String(contentsOfFile: folder.file("report.html"), encoding: .utf8).contains("data:text/csv;"))
    }
  }

  @Test func aFolderWithAnotherFindingIsRefusedInALine() throws {
    let folder = try TemporaryFolder()
    for text in ["{", #"{"sweep":"s"}"#, #"{"name":1}"#] {
      try text.write(toFile: folder.file("finding.json"), atomically: true, encoding: .utf8)
      let result = InProcess("report", folder.path)
      #expect(result.status == 65 && result.errors.contains("finding.json: expected what sweep or transfer found"))
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
  }

  @Test func aBudgetIsExceededOnlyByWhatIsEstablished() throws {
    func forgetting(count: Int, before: Double = 0.9) -> Forgetting {
      Forgetting(
        epoch: 1, before: before, after: before - 0.1, final: 0.1, low: 0.08, high: 0.12, pairedPValue: 1e-6,
        sourceCount: count, chance: 0.1)
    }
    let budget = try ForgettingBudget("2pp")
    #expect(budget.excess(of: forgetting(count: 500))?.hasPrefix("10.0 points were lost, at least 8.0") == true)
    // The page says of these that there is too little to judge.
    #expect(budget.excess(of: forgetting(count: 12)) == nil)
    #expect(budget.excess(of: forgetting(count: 500, before: 0.104)) == nil)
    #expect(try ForgettingBudget("9pp").excess(of: forgetting(count: 500)) == nil)
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
