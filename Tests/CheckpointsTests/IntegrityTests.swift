import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// What becomes of files whose bytes have changed: the right numbers, or an error; nothing else.
@Suite struct IntegrityTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.h5")
  }

  @Test func changedByteIsRefusedByWhoeverOpensTheFile() throws {
    try makeCheckpoint().write(to: path)
    try ResumeState(epoch: 1, progress: "{}", tensors: ["m": random([4])]).write(to: folder.file("resume.h5"))
    let run = try Run.create(at: folder.file("run"), record: RunRecord(labels: ["target": [1, 2, 3]]))
    let files: [(String, String, (String) throws -> Void)] = [
      (path, "parameters/layers.0.weight", { _ = try Checkpoint(contentsOf: $0) }),
      (folder.file("resume.h5"), "tensors/m", { _ = try ResumeState(contentsOf: $0) }),
      ("\(run.path)/run.h5", "labels/target", { _ in _ = try Run.open(run.path) }),
    ]
    for (path, tensor, open) in files {
      let name = try File.open(path).root.contains(tensor) ? tensor : "parameters/fc.weight"
      let offset = try #require(try firstTensor(path, preferring: name).fileOffset)
      try open(path)
      try damage(path, at: offset)
      #expect(throws: FileError.self) { try open(path) }
      // As a file of an older version, which has no checksum at its end: its tensors have.
      try removeEnd(path)
      #expect(throws: CheckpointError.self) { try open(path) }
    }
  }

  @Test func fileThatAnotherProgramWroteIsReadAndSaid() throws {
    try makeCheckpoint().write(to: path)
    let before = try Checkpoint(contentsOf: path)
    let file = try File.open(path, writable: true)
    try file.root.setAttribute("note", to: "mine")
    try file.close()
    #expect(try File.open(path).integrity == .removed || FileDigest.stored(in: path) != nil)
    try removeEnd(path)
    #expect(try File.open(path).integrity == .removed)
    #expect(try Checkpoint(contentsOf: path).parameters == before.parameters)
    let problems = try Verification.check(path).problems
    #expect(problems.count == 1 && problems[0].contains("the checksum at its end is gone"), "\(problems)")
  }

  @Test func missingChecksumOfATensorIsSaidInAFileOfOurs() throws {
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("lethe_format", to: 1)
      try root.write("weight", [1.0])
    }
    #expect(try Verification.check(path).problems == ["\(path): weight: its checksum is missing"])
    try File.writeAtomically(to: path) { try $0.write("weight", [1.0]) }
    #expect(try Verification.check(path).problems == [])
  }

  @Test func damageBehindALinkIsFound() throws {
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    try checkpoint.write(to: folder.file("b.h5"), unchangedFrom: path)
    let offset = try #require(try File.open(path).root.dataset("buffers/steps").fileOffset)
    try damage(path, at: offset)
    let error = try #require(#expect(throws: FileError.self) { try Checkpoint(contentsOf: folder.file("b.h5")) })
    guard case .damaged(let file, _, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(file.hasSuffix("a.h5"))
  }

  @Test func normalizationThatIsNoNumberIsNamed() throws {
    for (mean, deviation) in [(Double.nan, 1.0), (0, .infinity), (0, 0)] {
      var checkpoint = try makeCheckpoint()
      checkpoint.preprocessing = Preprocessing(mean: [mean], standardDeviation: [deviation])
      try checkpoint.write(to: path)
      let error = try #require(#expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) })
      #expect("\(error)".contains("normalization"), "\(error)")
    }
  }

  @Test func whatImagesWereBroughtToIsKept() throws {
    var checkpoint = try makeCheckpoint()
    let before = try checkpoint.fingerprint
    checkpoint.preprocessing?.imageSize = [224, 160]
    checkpoint.preprocessing?.imageResize = 256
    try checkpoint.write(to: path)
    let read = try Checkpoint(contentsOf: path)
    #expect(read.preprocessing == checkpoint.preprocessing && read.preprocessing?.imageSize == [224, 160])
    #expect(try checkpoint.fingerprint != before)
    checkpoint.preprocessing?.imageResize = 0
    try FileManager.default.removeItem(atPath: path)
    try checkpoint.write(to: path)
    let error = try #require(#expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) })
    #expect("\(error)".contains("expected the sides of images from 1 to 65500, found [224, 160, 0]"), "\(error)")
  }

  @Test func firstNumberThatIsNoneIsFound() {
    var values = [Float](repeating: 1, count: 10_000)
    #expect(TensorView(values).firstNonFinite == nil)
    values[8191] = -.infinity
    #expect(TensorView(values).firstNonFinite == 8191)
    values[4096] = .nan
    #expect(TensorView(values).firstNonFinite == 4096)
    #expect(TensorView([Double.greatestFiniteMagnitude, -.infinity]).firstNonFinite == 1)
    #expect(TensorView([Int64.min, -1]).firstNonFinite == nil)
    // 1.0, infinity: float16 3C00, 7C00; bfloat16 3F80, 7F80.
    #expect(TensorView(bytes: [0x00, 0x3C, 0x00, 0x7C], elementType: .float16, shape: [2]).firstNonFinite == 1)
    #expect(TensorView(bytes: [0x80, 0x3F, 0x80, 0x7F], elementType: .bfloat16, shape: [2]).firstNonFinite == 1)
  }

  // MARK: The epochs of a run

  @Test func missingExchangedAndForeignEpochsAreFound() throws {
    var run = try makeRun(epochs: 3)
    #expect(try Verification.check(run.path).problems == [])
    let (second, third) = (run.checkpointPath(epoch: 1), run.checkpointPath(epoch: 2))
    // A model of another run, sound in itself.
    try makeCheckpoint().write(to: second)
    let exchanged = "not the checkpoint that the run"
    let error = try #require(#expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: second) })
    #expect("\(error)".contains(exchanged) && "\(error)".contains("epoch 1"), "\(error)")
    #expect(try Verification.check(run.path).problems.contains { $0.contains(exchanged) })
    try run.write(makeCheckpoint(), epoch: 1)
    try run.save(run.record)
    #expect(try Verification.check(run.path).problems == [])
    // Moved elsewhere it is nobody's, and stands alone.
    try FileManager.default.copyItem(atPath: second, toPath: folder.file("own.h5"))
    _ = try Checkpoint(contentsOf: folder.file("own.h5"))
    // One too many, and one too few.
    try FileManager.default.copyItem(atPath: third, toPath: run.checkpointPath(epoch: 7))
    try FileManager.default.removeItem(atPath: third)
    let problems = try Verification.check(run.path).problems
    #expect(problems.contains("\(third): missing: the run has written it"), "\(problems)")
    #expect(
      problems.contains { $0.contains("epoch-0007.h5") && $0.contains("has written no such epoch") }, "\(problems)")
    #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: run.checkpointPath(epoch: 7)) }
  }

  @Test func epochThatWasJustWrittenIsNoFault() throws {
    var run = try makeRun(epochs: 2, isFinished: false)
    try run.write(makeCheckpoint(), epoch: 2)
    _ = try Checkpoint(contentsOf: run.checkpointPath(epoch: 2))
    #expect(try Verification.check(run.path).problems == [])
    // A record that forgets an epoch forgets its checkpoint.
    var longer = run.record
    for epoch in 0..<3 { longer.metrics.set("epoch", row: epoch, to: Double(epoch)) }
    try run.save(longer)
    #expect(try Run.open(run.path).record.checkpoints.keys.sorted() == ["0", "1", "2"])
    longer.keepEpochs(through: 1)
    try run.save(longer)
    #expect(try Run.open(run.path).record.checkpoints.keys.sorted() == ["0", "1"])
    // One that is written again after a stop is the run's own.
    run = try Run.open(run.path)
    run.removeCheckpoints(after: 0)
    try run.write(makeCheckpoint(), epoch: 1)
    try run.save(run.record)
    #expect(try Run.open(run.path).record.checkpoints.keys.sorted() == ["0", "1"])
    #expect(try Verification.check(run.path).problems == [])
  }

  private func makeRun(epochs: Int, isFinished: Bool = true) throws -> Run {
    var run = try Run.create(at: folder.file("run"), record: RunRecord(state: RunState(isFinished: isFinished)))
    for epoch in 0..<epochs { try run.write(makeCheckpoint(), epoch: epoch) }
    try run.save(run.record)
    return run
  }

  // MARK: Every byte

  /// With `LETHE_EVERY_BYTE=1` every bit of every byte is turned and every length tried; else a sample of a fixed seed.
  @Test(arguments: ["checkpoint", "resume", "run", "dataset"], [true, false])
  func turnedBitOrShorterFileGivesTheRightNumbersOrAnError(kind: String, hasEnd: Bool) throws {
    let path = try makeFile(kind)
    if !hasEnd { try removeEnd(path) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    let right = try content(kind, path)
    let isWhole = ProcessInfo.processInfo.environment["LETHE_EVERY_BYTE"] == "1"
    var state: UInt64 = 17
    func drawn(below count: Int) -> Int {
      // Knuth's linear congruential generator.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    let bits = isWhole ? Array(0..<whole.count * 8) : (0..<150).map { _ in drawn(below: whole.count * 8) }
    let lengths = isWhole ? Array(0..<whole.count) : (0..<20).map { _ in drawn(below: whole.count) }
    var counts: [String: Int] = [:]
    func look(_ data: Data, _ what: String) throws {
      try data.write(to: URL(fileURLWithPath: path))
      do {
        let found = try content(kind, path)
        counts["right", default: 0] += 1
        #expect(found == right, "\(kind), \(what): other numbers and no error")
      } catch {
        counts["error", default: 0] += 1
        #expect(!"\(error)".contains("\n"), "\(kind), \(what): \(error)")
      }
    }
    for bit in bits {
      var damaged = whole
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      try look(damaged, "bit \(bit)")
    }
    for length in lengths { try look(whole.prefix(length), "length \(length)") }
    if isWhole { print("\(kind), \(hasEnd ? "with" : "without") its end: \(whole.count) bytes, \(counts)") }
    #expect(counts["error", default: 0] > 0)
  }

  private func makeFile(_ kind: String) throws -> String {
    switch kind {
    case "checkpoint": try makeCheckpoint().write(to: path)
    case "resume": try ResumeState(epoch: 2, progress: "{}", tensors: ["m": random([9])]).write(to: path)
    case "run":
      let record = RunRecord(
        predictions: ["target": [0: [1, 0, 2]]], labels: ["target": [1, 1, 2]],
        analysis: ["found": AnalysisRecord(strings: ["layers": ["conv1", "fc"]])])
      return "\(try Run.create(at: folder.file("run"), record: record).path)/run.h5"
    default:
      try File.writeAtomically(to: path) { root in
        try root.setAttribute("lethe_format", to: 1)
        try root.writeTensor("train/inputs/input", random([5, 4]))
        try root.writeTensor("train/labels", TensorView([Int64](repeating: 1, count: 5)))
        try root.writeCheckedStrings("class_names", ["a", "b"])
      }
    }
    return path
  }

  /// All numbers and texts of a file, by kind.
  private func content(_ kind: String, _ path: String) throws -> [String] {
    func list(_ tensors: [String: TensorView]) -> [String] {
      tensors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shape) \($0.value.checksum)" }
    }
    switch kind {
    case "checkpoint":
      let read = try Checkpoint(contentsOf: path)
      let heads = read.heads.sorted { $0.key < $1.key }.flatMap {
        list($0.value.tensors) + ["\($0.key) \($0.value.classNames) \($0.value.labelMap)"]
      }
      return list(read.parameters) + list(read.buffers) + heads
        + ["\(read.program) \(read.task) \(read.epoch) \(String(describing: read.preprocessing))"]
    case "resume":
      let read = try ResumeState(contentsOf: path)
      return list(read.tensors) + ["\(read.epoch) \(read.progress)"]
    case "run":
      let read = try Run.open((path as NSString).deletingLastPathComponent).record
      return [
        "\(read.configuration) \(read.seed) \(read.created) \(read.state.isFinished)", "\(read.predictions)",
        "\(read.labels)", "\(read.metrics.names)", "\(read.analysis.mapValues(\.strings))",
      ]
    default:
      let root = try File.open(path).root
      let reader = TensorReader()
      return try ["train/inputs/input", "train/labels"].map {
        let tensor = try reader.tensor($0, in: root)
        return "\($0) \(tensor.shape) \(tensor.checksum)"
      } + root.readCheckedStrings("class_names")
    }
  }

  private func firstTensor(_ path: String, preferring name: String) throws -> Dataset {
    let root = try File.open(path).root
    if try root.contains(name) { return try root.dataset(name) }
    let names = try root.group("parameters").names
    return try root.dataset("parameters/\(try #require(names.first))")
  }

  private func removeEnd(_ path: String) throws {
    guard try FileDigest.stored(in: path) != nil else { return }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(FileDigest.byteCount).write(to: URL(fileURLWithPath: path))
  }
}
