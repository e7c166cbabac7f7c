import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import LetheCommand

@Suite(.serialized) struct ExistingOutputTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  private func write(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test func aFileIsReplacedOnlyByItsLike() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let first = try #require(bytes(base))
    let refused = try Command("new", "mlp", "-o", base)
    #expect(refused.status == 73 && refused.errors.contains("--force replaces it, --name-by-time writes beside it"))
    #expect(bytes(base) == first)
    #expect(try Command("new", "mlp", "--classes", "7", "-o", base, "--force").status == 0)
    #expect(bytes(base) != first)

    // A table, a folder, a data set, a page: none is a checkpoint.
    let (table, dataset, notes) = (folder.file("notes.csv"), folder.file("data.h5"), folder.file("notes"))
    try write("a,b\n", table)
    #expect(try Command("data", "convert", data + ":0-1", "-o", dataset).status == 0)
    try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: true)
    for (path, fault) in [(table, "is no checkpoint"), (dataset, "is no checkpoint"), (notes, "is a folder")] {
      let before = bytes(path)
      let found = try Command("new", "mlp", "-o", path, "--force")
      #expect(
        found.status == 73 && found.errors.contains("replaces a checkpoint alone, and this \(fault)"), "\(found.errors)"
      )
      #expect(bytes(path) == before)
    }
    let data2 = try Command("data", "convert", data + ":0-1", "-o", base, "--force")
    #expect(data2.status == 73, "\(data2.errors)")
    #expect(try Command("data", "convert", data + ":0-2", "-o", dataset, "--force").status == 0)
    let weights = folder.file("model.safetensors")
    #expect(try Command("export", base, "-o", weights).status == 0)
    #expect(try Command("export", base, "-o", weights).status == 73)
    #expect(try Command("export", base, "-o", weights, "--force").status == 0)
    #expect(try Command("export", base, "-o", base, "--force").errors.contains("this is a checkpoint"))
    let both = try Command("new", "mlp", "-o", base, "--force", "--name-by-time")
    #expect(both.status == 64 && both.errors.contains("give one of them"), "\(both.errors)")
  }

  @Test func aRunIsReplacedWholeAndNothingElseIs() throws {
    let folder = try TemporaryFolder()
    let (base, run) = (folder.file("base.h5"), folder.file("run"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let train = ["train", base, "--data", data + ":0-4", "--examples", "64", "--quiet", "-o", run]
    #expect(try Command(array: train + ["--epochs", "2"]).status == 0)
    let refused = try Command(array: train + ["--epochs", "1"])
    #expect(refused.status == 73 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try Run.open(run).epochs == [0, 1, 2])
    // What is wrong with the new one is found before the old one is touched.
    #expect(try Command(array: train + ["--schedule", "cosin", "--force"]).status == 64)
    #expect(try Run.open(run).epochs == [0, 1, 2])
    // Nor is a run removed that the new one begins from.
    let itself = try Command("train", run, "--data", data + ":0-4", "--epochs", "1", "-o", run, "--force")
    #expect(itself.status == 73 && itself.errors.contains("which it is made from"), "\(itself.errors)")
    // Nor one with something in it that no run has.
    try write("mine", run + "/notes.txt")
    let stranger = try Command(array: train + ["--epochs", "1", "--force"])
    #expect(
      stranger.status == 73 && stranger.errors.contains("holds notes.txt, which no run has"), "\(stranger.errors)")
    try FileManager.default.removeItem(atPath: run + "/notes.txt")

    let replaced = try Command(array: train + ["--epochs", "1", "--force"])
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(try Run.open(run).epochs == [0, 1])
    #expect(replaced.output.hasSuffix("next: lethe finetune \(run) --source \(data):0-4 --target DATA -o tuned\n"))

    let beside = try Command(array: train + ["--epochs", "1", "--name-by-time"])
    #expect(beside.status == 0, "\(beside.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let named = try #require(names.first { $0.contains(#/^run-[0-9]{8}-[0-9]{6}$/#) })
    #expect(try Run.open(folder.file(named)).record.isFinished)
    #expect(try Run.open(run).epochs == [0, 1])
    // The options that decide so are of this one call.
    let stored = try #require(try Run.open(run).record.command?.options)
    #expect(!stored.contains("force") && !stored.contains("name-by-time"))

    let elsewhere = folder.file("folder")
    try FileManager.default.createDirectory(atPath: elsewhere + "/checkpoints", withIntermediateDirectories: true)
    let none = try Command("train", base, "--data", data + ":0-4", "--epochs", "1", "-o", elsewhere, "--force")
    #expect(none.status == 73 && none.errors.contains("replaces a run alone, and this is none"), "\(none.errors)")
    #expect(FileManager.default.fileExists(atPath: elsewhere + "/checkpoints"))
  }

  @Test(
    arguments: [
      (["sweep"], ["--source", ":0-4", "--target", ":5-9", "--regularizer", "none"]),
      (["transfer"], ["--target", ":5-9", "--seeds", "1"]),
      (["transfer"], ["--target", ":5-9", "--target", ":2-4", "--seeds", "1"]),
      (["transfer"], ["--target", ":5-9", "--map", "--amounts", "30", "--least-steps", "1"]),
    ])
  func manyRunsAreReplacedTogetherAndNothingElseIs(command: [String], options: [String]) throws {
    let folder = try TemporaryFolder()
    let (base, place) = (folder.file("base.h5"), folder.file("many"))
    let source = folder.file("source")
    #expect(try Command("new", "mlp", "--hidden", "8", "--classes", "5", "-o", base).status == 0)
    #expect(
      try Command("train", base, "--data", data + ":0-4", "--epochs", "1", "--examples", "30", "-o", source).status == 0
    )
    let begin =
      command + [source] + options.map { $0.hasPrefix(":") ? data + $0 : $0 }
      + ["--epochs", "1", "--examples", "30", "--quiet", "-o", place]
    let made = try Command(array: begin)
    #expect(made.status == 0, "\(made.errors)")
    func runs() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: place).filter { $0.hasSuffix("run.h5") }.sorted()
    }
    let before = try runs()
    let first = try #require(before.first)
    // A change of what was asked is no reason to lose what is there.
    let other = begin + ["--batch-size", "7"]
    #expect(try Command(array: other).status != 0)
    for name in ["notes.txt", String(first.dropLast(6)) + "notes.txt"] {
      try write("mine", "\(place)/\(name)")
      let refused = try Command(array: other + ["--force"])
      #expect(refused.status == 73 && refused.errors.contains("holds notes.txt, which no "), "\(refused.errors)")
      #expect(bytes("\(place)/\(name)") == Data("mine".utf8))
      try FileManager.default.removeItem(atPath: "\(place)/\(name)")
    }
    #expect(try runs() == before)
    let replaced = try Command(array: other + ["--force"])
    #expect(replaced.status == 0, "\(replaced.errors)")
    // How many there are is for what they find to say.
    let sizes = try runs().map { try Run.open(place + "/" + $0.dropLast(7)).record.trainingOptions?.batchSize }
    #expect(sizes.contains(7), "\(sizes)")
    let told = try String(contentsOfFile: "\(place)/options.yaml", encoding: .utf8)
    #expect(told.contains("batch-size: 7"), "\(told)")
  }

  @Test func aWatchedRunIsReplaced() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let trainers = Repository.fixture("trainers")
    let watch = [
      "watch", "\(trainers)/lightning", "--once", "--program", "\(trainers)/net.pt2", "--target",
      "\(trainers)/second.h5",
      "--target-head", "keep", "--quiet", "-o", run,
    ]
    let made = try Command(array: watch)
    #expect(made.status == 0, "\(made.errors)")
    let epochs = try Run.open(run).epochs
    try write("mine", run + "/notes.txt")
    let refused = try Command(array: watch + ["--force"])
    #expect(refused.status == 73 && refused.errors.contains("holds notes.txt, which no run has"), "\(refused.errors)")
    try FileManager.default.removeItem(atPath: run + "/notes.txt")
    let replaced = try Command(array: watch + ["--force"])
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(try Run.open(run).epochs == epochs && epochs.count > 1)
  }

  @Test func namesByTimeKeepTheirEndingAndAreFree() throws {
    let folder = try TemporaryFolder()
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    for (name, pattern) in [
      ("a.h5", #/a-[0-9]{8}-[0-9]{6}\.h5/#), ("w.weights.h5", #/w-[0-9]{8}-[0-9]{6}\.weights\.h5/#),
      ("run", #/run-[0-9]{8}-[0-9]{6}/#), ("run/", #/run-[0-9]{8}-[0-9]{6}/#),
    ] {
      let first = OutputPlace.named(folder.file(name), at: time)
      let made = (first as NSString).lastPathComponent
      #expect(made.wholeMatch(of: pattern) != nil, "\(made)")
      try write("", first)
      let second = OutputPlace.named(folder.file(name), at: time)
      #expect(second != first && !FileManager.default.fileExists(atPath: second))
      try FileManager.default.removeItem(atPath: first)
    }
  }

  @Test func optionsAreShownBeforeAnybodyKnowsWhereTheRunGoes() throws {
    let shown = try Command("train", "base.h5", "--data", "d", "--print-config", "--epochs", "3")
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.hasPrefix("base: base.h5\ndata: d\n") && shown.output.contains("\nepochs: 3\n"))
    #expect(!shown.output.contains("output:"))
    let whole = try Command("train", "base.h5", "--data", "d", "--print-config", "-o", "run")
    #expect(whole.output.contains("\noutput: run\n"))
    let sweep = try Command(
      "sweep", "b", "--source", "s", "--target", "t", "--regularizer", "l2", "--print-config")
    #expect(sweep.status == 0 && sweep.output.contains("regularizer:"), "\(sweep.errors)")
  }
}
