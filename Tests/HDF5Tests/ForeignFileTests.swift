import CConfinement
import Files
import Foundation
import TestSupport
import Testing

@testable import HDF5

/// Files that another process reads: the same as libhdf5 gives here, and nothing else is to be had from them.
@Suite struct ForeignFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file without a checksum at its end.
  private func foreign(_ name: String = "a.h5", _ body: (Group) throws -> Void) throws -> String {
    let path = folder.file(name)
    let file = try File.create(path)
    try body(file.root)
    try file.close()
    return path
  }

  private func open(_ path: String, patience: TimeInterval = 60, executable: String? = nil) throws -> ForeignFile {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    return try ForeignFile(
      path, descriptor: descriptor, executable: executable ?? #require(ForeignReader.executable), patience: patience)
  }

  /// All that a reader can be asked of a file, as lines.
  private func lines(_ file: File) throws -> [String] {
    var lines: [String] = []
    func add(_ path: String, _ what: String, _ body: () throws -> Any) {
      do { lines.append("\(path) \(what): \(try body())") } catch { lines.append("\(path) \(what): \(error)") }
    }
    func addAttributes(_ path: String, _ holder: some AttributeHolder) {
      add(path, "attributes") { try holder.attributeNames }
      for name in (try? holder.attributeNames) ?? [] {
        add(path, name) { try holder.attribute(name, as: [String].self) as Any }
        add(path, name) { try holder.attribute(name, as: [Int].self) as Any }
        add(path, name) { try holder.attribute(name, as: [Double].self) as Any }
      }
    }
    try file.root.visitGroups { group in
      addAttributes(group.path, group)
      add(group.path, "names") { try group.names }
      for name in try group.names where !group.isGroup(name) {
        let path = "\(group.path)/\(name)"
        add(path, "link") { try group.externalLinkTarget(name) as Any }
        let dataset: Dataset
        do { dataset = try group.dataset(name) } catch {
          lines.append("\(path): \(error)")
          continue
        }
        addAttributes(path, dataset)
        add(path, "shape") { try dataset.shape }
        add(path, "type") { try dataset.elementType }
        add(path, "offset") { try dataset.fileOffset as Any }
        add(path, "bytes") { try dataset.readBytes().withUnsafeBytes(Checksum.xxh3) }
        add(path, "Double") { try dataset.read(as: Double.self).prefix(50) }
        add(path, "Int") { try dataset.read(as: Int.self).prefix(50) }
        add(path, "texts") { try dataset.readStrings() }
        if let rows = try dataset.shape.first, rows > 1 {
          add(path, "rows") { try dataset.readRows(1..<rows).prefix(500) }
          add(path, "no rows") { try dataset.readRows(1..<rows + 1) }
        }
      }
    }
    return lines
  }

  private func expectSame(_ path: String) throws {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    let expected = try lines(File(descriptor: descriptor, named: path))
    let found = try lines(File.open(path))
    #expect(expected.count >= 4)
    for (expected, found) in zip(expected, found) where expected != found {
      Issue.record("\(path): found \(found)\nexpected \(expected)")
    }
    #expect(found.count == expected.count)
  }

  @Test func theReaderOfTestsIsLethe() throws {
    #expect(try #require(ForeignReader.executable).hasSuffix("/lethe"))
  }

  @Test(arguments: [
    "weights/keras-legacy.h5", "weights/keras3.weights.h5", "weights/plain.h5", "weights/expected.h5",
    "runs-0.1/best/run.h5", "runs-0.1/best/resume.h5", "runs-0.1/best/checkpoints/epoch-0000.h5", "parity/cnn.h5",
    "transforms/transforms.h5", "hostile/virtual.h5", "hostile/external-storage.h5", "hostile/data-nan.h5",
    "hostile/huge-chunks.h5", "hostile/cycle-hard.h5", "hostile/cycle-twice.h5",
  ])
  func saysTheSameAsLibhdf5(fixture: String) throws { try expectSame(Repository.fixture(fixture)) }

  @Test(.enabled(if: Python.path != nil)) func saysTheSameOfWhatH5pyWrites() throws {
    let path = folder.file("a.h5")
    let script = """
      import h5py, numpy as np, sys
      f = h5py.File(sys.argv[1], "w")
      f["f16"] = np.array([1.5, -2], "float16")
      f["bool"] = np.array([True, False])
      f["big"] = np.array([[1.5, -2], [3, 4]], ">f4")
      f["u16"] = np.array([60000, 3], "uint16")
      f["u64"] = np.array([2**63 + 5], "uint64")
      # More than what is sent at once, in chunks that do not divide it.
      f.create_dataset("z", data=np.arange(6_000_000, dtype="int32").reshape(3000, 2000), compression="gzip", chunks=(7, 300))
      f["fixed"] = np.array([b"ab", b"c"])
      f["texts"] = ["naïve", "", "x" * 3000]
      f["text"] = "naïve"
      f["scalar"] = np.float64(2.5)
      f["empty"] = h5py.Empty("f4")
      f["none"] = np.zeros((0, 3), "f4")
      f["c64"] = np.array([1j])
      f["vlen"] = h5py.Empty("f4")
      f["soft"] = h5py.SoftLink("/g/inner/w")
      f["broken"] = h5py.SoftLink("/no/such")
      f["g/inner/w"] = np.arange(5)
      f["g/hard"] = f["g/inner"]
      f["type"] = np.dtype("f8")
      f.attrs["s"] = "ünï"
      f.attrs["b"] = np.bytes_("ascii")
      f.attrs["i"] = np.uint8(7)
      f.attrs["nan"] = np.array([np.nan, np.inf, -np.inf, 0.1, 1e-310])
      f.attrs["least"] = np.array([-2**63, 2**63 - 1])
      f.attrs["l"] = ["p", "q"]
      f.attrs["c"] = np.array([1j])
      f.attrs["r"] = f["g"].ref
      f["g"].attrs["n"] = np.float32(0.1)
      f["z"].dims[0].label = "rows"
      """
    _ = try Python.run(script, path)
    try expectSame(path)
  }

  @Test func contiguousNumbersAreMappedAndOthersAskedFor() throws {
    let values = (0..<1000).map { Float($0) }
    let path = try foreign {
      try $0.write("x", values, shape: [10, 100])
      try $0.createDataset("chunked", .float32, shape: [10, 100], chunk: [3, 100]).write(values.bytes)
    }
    let file = try File.open(path)
    let (mapped, chunked) = (try file.root.dataset("x"), try file.root.dataset("chunked"))
    let offset = try #require(try mapped.fileOffset)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path))[offset..<offset + 4000] == Data(values.bytes))
    #expect(try chunked.fileOffset == nil)
    for dataset in [mapped, chunked] {
      #expect(try dataset.readBytes() == values.bytes)
      #expect(try dataset.readRows(2..<4) == Array(values[200..<400]).bytes)
      #expect(try dataset.read(as: Double.self) == values.map(Double.init))
    }
    // The process that reads it is gone: the file is still mapped.
    try file.close()
    #expect(try mapped.readBytes() == values.bytes)
    #expect(throws: HDF5Error.unreadable(path: path, reason: "it was closed, or its reader has ended")) {
      try chunked.readBytes()
    }
  }

  @Test func itIsNotWrittenTo() throws {
    let root = try File.open(try foreign { try $0.write("x", [1.0]) }).root
    #expect(throws: HDF5Error.self) { try root.createGroup("g") }
    #expect(throws: HDF5Error.self) { try root.setAttribute("a", to: 1) }
    #expect(throws: HDF5Error.self) { try root.dataset("x").write([2.0].bytes) }
  }

  @Test func manyAreReadAtOnce() async throws {
    let path = try foreign { root in
      for index in 0..<8 {
        try root.createDataset("x\(index)", .int32, shape: [100], chunk: [30]).write(
          [Int32](repeating: Int32(index), count: 100).bytes)
      }
    }
    let shared = try File.open(path).root
    let isRight = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<8 {
        for root in [shared, try File.open(path).root] {
          group.addTask { try root.dataset("x\(index)").read(as: Int32.self).allSatisfy { $0 == index } }
        }
      }
      return try await group.reduce(true) { $0 && $1 }
    }
    #expect(isRight)
  }

  // MARK: Links

  @Test func linksLeadFromAndToForeignFiles() throws {
    _ = try foreign("foreign.h5") { try $0.write("w", [1.0, 2]) }
    try File.writeAtomically(to: folder.file("own.h5")) {
      try $0.createExternalLink("w", file: "foreign.h5", target: "/w")
    }
    let path = try foreign("first.h5") {
      try $0.createGroup("g").createExternalLink("w", file: "own.h5", target: "/w")
      try $0.createExternalLink("root", file: "foreign.h5", target: "/")
    }
    for (file, name) in [(folder.file("own.h5"), "w"), (path, "g/w"), (path, "root/w")] {
      let dataset = try File.open(file).root.dataset(name)
      #expect(try dataset.read(as: Double.self) == [1, 2])
      #expect(try dataset.holdingFile == folder.file("foreign.h5"))
      #expect(dataset.file.path == file && dataset.path == name)
    }
    #expect(try File.open(path).root.externalLinkTarget("g/w")?.file == "own.h5")
  }

  @Test func linksWithoutEndAreRefused() throws {
    let path = try foreign { try $0.createExternalLink("w", file: "b.h5", target: "/w") }
    _ = try foreign("b.h5") { try $0.createExternalLink("w", file: "a.h5", target: "/w") }
    let error = try #require(#expect(throws: HDF5Error.self) { try File.open(path).root.dataset("w") })
    #expect("\(error)".hasSuffix("links lead from file to file without end"), "\(error)")
  }

  // MARK: What a hostile file can do

  private static let hasSeccomp =
    (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.contains("Seccomp:") ?? false

  @Test(.enabled(if: hasSeccomp)) func itsReaderCanOpenWriteAndTakeNothingElse() throws {
    let file = try open(try foreign { try $0.write("x", [1.0]) })
    #expect(try file.remainingRights() == [])
  }

  @Test func ofAllFilesItsReaderCanOpenOne() throws {
    let path = try foreign { try $0.write("x", [1.0]) }
    // It holds for the thread alone, and to the thread's end.
    let result = ThreadResult()
    let thread = Thread {
      let descriptor = Foundation.open(path, O_RDONLY)
      let status = lethe_confine_files(descriptor)
      result.set([
        status, Foundation.open("/proc/self/fd/\(descriptor)", O_RDONLY), Foundation.open("/etc/passwd", O_RDONLY),
        Foundation.open(path, O_RDWR), Foundation.open(path + ".new", O_CREAT | O_WRONLY, 0o600),
      ])
      close(descriptor)
    }
    thread.start()
    let found = result.wait()
    // An older kernel does not have it.
    guard found[0] != 0 else { return }
    #expect(found[0] == 1 && found[1] >= 0 && found[2...].allSatisfy { $0 == -1 }, "\(found)")
    close(found[1])
  }

  @Test func aCrashOfItsReaderIsOneLine() throws {
    let path = try foreign { try $0.write("x", [Float(1), 2]) }
    let file = try open(path)
    kill(file.process, SIGSEGV)
    let error = #expect(throws: HDF5Error.self) {
      try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) {
        try file.convert(1, to: .float64, rows: nil, into: $0)
      }
    }
    #expect(
      error
        == .unreadable(
          path: path,
          reason: "the process that read it ended by signal \(SIGSEGV) (\(String(cString: strsignal(SIGSEGV))))"))
  }

  @Test func aReaderThatHangsIsEnded() throws {
    let path = try foreign { try $0.write("x", [Float(1), 2]) }
    let file = try open(path, patience: 1)
    kill(file.process, SIGSTOP)
    let error = #expect(throws: HDF5Error.self) { try file.strings(1) }
    #expect(
      error
        == .unreadable(
          path: path, reason: "the process that reads it was ended: it gave no answer in 1 s"))
    // It is gone, and was waited for.
    #expect(kill(file.process, 0) == -1)
  }

  /// What a reader that was taken over could say, and what is said of it.
  @Test(arguments: [
    ("exit 3", "the process that read it ended with status 3"),
    ("printf 'nonsense, and more of it' >&0", "the process that reads it gave an answer that cannot be: no message"),
    (#"printf '\001\377\377\377\377\377\377\377\377' >&0"#, "answer that cannot be: no message"),
    (
      #"printf '\001\000\000\000\000\000\000\000\001' >&0"#,
      "answer that cannot be: a message of 72057594037927936 bytes"
    ),
    (#"printf '\002\004\000\000\000\000\000\000\000abcd' >&0"#, "answer that cannot be: a message of another kind"),
    (#"printf '\001\002\000\000\000\000\000\000\000{}' >&0"#, "answer that cannot be: no message"),
    (
      #"printf '\001\016\000\000\000\000\000\000\000{"objects":[]}' >&0"#, "answer that cannot be: its root is no group"
    ),
    ("while printf '\\001' >&0; do sleep 0.2; done", "it gave no answer in 1 s"),
  ])
  func aReaderThatWasTakenOverIsNotBelieved(script: String, reason: String) throws {
    let path = try foreign { try $0.write("x", [1.0]) }
    let executable = folder.file("reader")
    try ExecutableScript.write("\(script)\nsleep 0.1", to: executable)
    let error = try #require(
      #expect(throws: HDF5Error.self) { try open(path, patience: 1, executable: executable) })
    #expect("\(error)".hasPrefix(path) && "\(error)".hasSuffix(reason), "\(error)")
  }

  @Test func aReaderThatCannotBeStartedIsSaid() throws {
    let path = try foreign { try $0.write("x", [1.0]) }
    let error = #expect(throws: HDF5Error.self) { try open(path, executable: "/no/such") }
    #expect(
      error
        == .unreadable(
          path: path, reason: "the process that reads foreign files cannot be started: No such file or directory"))
  }
}

/// What a thread hands back. Sendable because everything in it is touched before or after the signal.
private final class ThreadResult: @unchecked Sendable {
  private let isThere = DispatchSemaphore(value: 0)
  private var values: [Int32] = []

  func set(_ values: [Int32]) {
    self.values = values
    isThere.signal()
  }

  func wait() -> [Int32] {
    isThere.wait()
    return values
  }
}
