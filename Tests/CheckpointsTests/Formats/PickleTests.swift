import Files
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// The security boundary of files that `torch.save` wrote: whatever a pickle says, nothing is executed, and what it names
/// beside a state dict stays a name.
@Suite struct PickleTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/\(name)") }

  private func load(_ bytes: [UInt8]) throws -> PickleValue {
    try bytes.withUnsafeBytes { buffer in
      var machine = PickleMachine(buffer, path: "test.pth")
      return try machine.load()
    }
  }

  private func text(_ string: String) -> [UInt8] { Array(string.utf8) }

  private func refusal(_ bytes: [UInt8]) throws -> String {
    let error = #expect(throws: CheckpointError.self) { try load(bytes) }
    return "\(try #require(error))"
  }

  @Test(arguments: ["hostile.pth", "hostile-legacy.pth"])
  func aPickleThatWouldRunACommandRunsNoneAndSaysIt(name: String) throws {
    let file = try WeightsFile(contentsOf: fixture(name))
    #expect(file.names == ["weight"])
    #expect(file.notes == ["left out: more (posix.system)"])
    #expect(!FileManager.default.fileExists(atPath: "/tmp/lethe-was-fooled"))
  }

  // Every way a pickle has to name something: protocol 2's line, protocol 4's stack, and names that only begin well.
  @Test(arguments: [
    "cposix|system|.", "cbuiltins|eval|.", "c__builtin__|exec|.", "cos|system|.", "csubprocess|Popen|.",
    "ctorch|load|.", "ctorch._utils|_rebuild_qtensor|.", "ctorch.storage|_load_from_bytes|.",
    "ccollections|OrderedDict.fromkeys|.", "cnumpy.core.multiarray|_reconstruct|.", "ctorch|FloatStorage.x|.",
    "ccollections|OrderedDict |.", "c collections|OrderedDict|.", "ctorch.cuda|float32|.",
  ])
  func otherNamesStayNames(lines: String) throws {
    let program = lines.replacing("|", with: "\n")
    let parts = program.dropFirst().split(separator: "\n", omittingEmptySubsequences: false)
    let name = "\(parts[0]).\(parts[1])"
    func isName(_ value: PickleValue) -> Bool { if case .global(.other(name)) = value { true } else { false } }
    #expect(isName(try load([0x80, 2] + text(program))))
    let stacked = parts.prefix(2).flatMap { part -> [UInt8] in [0x8C, UInt8(part.utf8.count)] + Array(part.utf8) }
    #expect(isName(try load([0x80, 4] + stacked + [0x93, 0x2E])))
    // Called, it leaves an object of that name with its arguments, and called again another.
    try text(program.dropLast() + "(K\u{1}tR)R.").withUnsafeBytes { buffer in
      var machine = PickleMachine(buffer, path: "test.pth")
      guard case .object(let index) = try machine.load() else { return #expect(Bool(false), "\(name)") }
      #expect(machine.heap.objects.count == 2 && index == 1)
      if case .integer(1)? = machine.heap.objects[0].arguments.first {} else { #expect(Bool(false), "\(name)") }
    }
  }

  @Test func aNameIsPrintedWithoutItsControlCharacters() throws {
    guard case .global(let global) = try load([0x80, 2] + text("c\u{1B}[2Jevil\nname\n.")) else {
      return #expect(Bool(false), "a name")
    }
    #expect(global.words == "?[2Jevil.name")
  }

  // Calls are of the known names alone, with the arguments that these take.
  @Test(arguments: [
    "(lctorch|FloatStorage|)R.", "ctorch._utils|_rebuild_tensor_v2|)R.", "ctorch._utils|_rebuild_parameter|)R.",
    "K\u{1})R.", "ccollections|OrderedDict|K\u{1}R.", "ccollections|OrderedDict|(K\u{1}tR.",
    "ctorch|Size|(K\u{1}tR.", "K\u{1}Q.", "(K\u{1}tQ.", "}K\u{1}K\u{2}sa.", "]K\u{1}K\u{2}s.", "K\u{1}}b.",
  ])
  func callsThatMakeNoSenseAreRefused(lines: String) throws {
    #expect(throws: CheckpointError.self) { try load([0x80, 2] + text(lines.replacing("|", with: "\n"))) }
  }

  @Test func whatEndsEarlyIsRefusedAtEveryLength() throws {
    let archive = try ZipArchive(MappedFile(fixture("zip.pth")))
    let entry = try #require(try archive.entry("zip/data.pkl"))
    let bytes = Array(archive.data(of: entry))
    for length in 0..<bytes.count {
      #expect(throws: CheckpointError.self, "cut at \(length)") { try load(Array(bytes[..<length])) }
    }
    guard case .dictionary = try load(bytes) else { return #expect(Bool(false), "a state dict is a dictionary") }
  }

  @Test func lengthsBeyondTheFileAreRefused() throws {
    let absurd: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    for operation in [0x8D, 0x8E, 0x96] as [UInt8] { _ = try refusal([0x80, 4, operation] + absurd) }
    _ = try refusal([0x80, 4, 0x8D] + [UInt8](repeating: 0xFF, count: 8))
    _ = try refusal([0x80, 2, 0x58, 0xFF, 0xFF, 0xFF, 0xFF])
    _ = try refusal([0x80, 2, 0x8B, 0xFF, 0xFF, 0xFF, 0xFF])
  }

  // In Python each of these is a stack overflow or an endless loop for whoever walks the result.
  @Test func nestingAndCyclesWithoutEndAreHarmless() throws {
    let depth = 1_000_000
    let nested = [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
    _ = try load([0x80, 2] + nested + [0x2E])
    _ = try load([0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: depth) + [0x2E])
    _ = try load([0x80, 2, 0x7D, 0x71, 0, 0x58, 1, 0, 0, 0, 0x61, 0x68, 0, 0x73, 0x2E])
  }

  @Test func whatSwellsIsStopped() throws {
    // A list of a thousand pairs, made a dictionary again and again: a few bytes each time.
    var bytes: [UInt8] = [0x80, 2, 0x5D, 0x71, 0, 0x28]
    for _ in 0..<1000 { bytes += [0x4B, 1, 0x4B, 2, 0x86] }
    bytes.append(0x65)
    bytes += text("ccollections\nOrderedDict\n") + [0x71, 1]
    for _ in 0..<20_000 { bytes += [0x68, 1, 0x68, 0, 0x85, 0x52, 0x30] }
    #expect(try refusal(bytes + [0x2E]).contains("larger than any state dict"))
  }

  // A tuple of a million elements, called into objects to which something is then added: each would be a copy.
  @Test func objectsShareTheirArguments() throws {
    var bytes: [UInt8] = [0x80, 2] + text("ca\nb\n") + [0x71, 0, 0x28]
    bytes += [UInt8](repeating: 0x4E, count: 1_000_000) + [0x74, 0x71, 1, 0x30]
    for _ in 0..<10_000 { bytes += [0x68, 0, 0x68, 1, 0x52, 0x4E, 0x61, 0x30] }
    _ = try load(bytes + [0x4E, 0x2E])
  }

  // A module that holds itself under two names has more paths than there is time for.
  @Test func aModelWithinItselfEnds() throws {
    func word(_ string: String) -> [UInt8] { [0x58, UInt8(string.utf8.count), 0, 0, 0] + text(string) }
    var bytes: [UInt8] = [0x80, 2] + text("c__main__\nNet\n") + [0x29, 0x81, 0x71, 0]
    bytes += [0x7D, 0x28] + word("_parameters") + [0x7D] + word("_modules") + [0x7D, 0x28]
    bytes += word("a") + [0x68, 0] + word("b") + [0x68, 0, 0x75, 0x75, 0x62, 0x2E]
    try bytes.withUnsafeBytes { buffer in
      var machine = PickleMachine(buffer, path: "test.pth")
      let value = try machine.load()
      #expect(throws: CheckpointError.self) { try StateDictionary(value, machine.heap, path: "test.pth") }
    }
  }

  @Test func changedBytesNeverEndTheProcess() throws {
    var state = TestSeed.any()
    let seed = state
    func random(below limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let folder = try TemporaryFolder()
    for name in ["zip.pth", "legacy.pth", "protocol4.pth"] {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
      for round in 0..<300 {
        var changed = bytes
        for _ in 0..<4 { changed[random(below: bytes.count)] = UInt8(random(below: 256)) }
        let path = folder.file(name)
        try Data(changed).write(to: URL(fileURLWithPath: path))
        guard let file = try? WeightsFile(contentsOf: path) else { continue }
        for tensor in file.tensors.values { #expect(!tensor.checksum.isEmpty, "seed \(seed), round \(round)") }
      }
    }
  }

  @Test func aTensorOutsideItsStorageIsRefusedByName() throws {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("gpu.pth"))))
    // conv.weight is of shape (2, 1, 3, 3): the pickle's `K\x02K\x01K\x03K\x03(t` is made (255, 1, 3, 3).
    let pattern: [UInt8] = [0x4B, 2, 0x4B, 1, 0x4B, 3, 0x4B, 3]
    let place = try #require(bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == pattern })
    var changed = bytes
    changed[place + 1] = 255
    let folder = try TemporaryFolder()
    try Data(changed).write(to: URL(fileURLWithPath: folder.file("changed.pth")))
    let error = #expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: folder.file("changed.pth")) }
    #expect("\(try #require(error))".contains("conv.weight: it needs"))
  }
}
