import Foundation

/// A `tokenizer.json`, run by the package `tokenizers` of the user's own Python, in a process of its own.
///
/// Texts go through a pipe, and none of them becomes code; nothing is looked for in a network. What comes back is checked.
public struct PythonTokenizer: TextTokenizer {
  private let path: String
  private let python: String
  private let endToken: String?

  /// - Parameters:
  ///   - path: a folder with `tokenizer.json`, or such a file.
  ///   - python: an executable, by name or path.
  ///   - endToken: what ends documents; when nil the one that `tokenizer_config.json` names, or a usual one.
  public init(_ path: String, python: String = "python3", endToken: String? = nil) {
    self.path = path
    self.python = python
    self.endToken = endToken
  }

  public func tokenize(_ texts: [String]) throws -> TokenizedTexts {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let file = isFolder.boolValue ? "\(path)/tokenizer.json" : path
    guard isThere, FileManager.default.fileExists(atPath: file) else {
      throw DatasetError.notFound(path: file, advice: "give a folder with tokenizer.json, or such a file")
    }
    let request = try JSONEncoder().encode(["file": file, "end": endToken ?? ""])
    var answer = PythonAnswer(try ask([request] + texts.map { try JSONEncoder().encode($0) }))
    guard let block = answer.next(), let head = try? JSONDecoder().decode(Head.self, from: Data(block)) else {
      throw fault("its Python ended without an answer")
    }
    if head.missing == true { throw DatasetError.noTokenizers(python: python) }
    if let error = head.error { throw fault(error) }
    guard let bytes = answer.next(), let offsets = answer.numbers(Int64.self), let special = answer.numbers(Int64.self),
      let lengths = answer.numbers(Int64.self), let tokens = answer.numbers(Int32.self),
      offsets.first == 0, offsets.last == Int64(bytes.count), zip(offsets, offsets.dropFirst()).allSatisfy(<=),
      lengths.count == texts.count, lengths.allSatisfy({ $0 >= 0 && $0 <= tokens.count }),
      lengths.reduce(0, { $0 &+ $1 }) == Int64(tokens.count)
    else { throw fault("its Python gave an answer that breaks off") }
    let known = 0..<(offsets.count - 1)
    let beginning = head.beginning ?? []
    guard (tokens + beginning).allSatisfy({ known.contains(Int($0)) }), head.end.map(known.contains) ?? true else {
      throw fault("its Python gave tokens that are not in the vocabulary")
    }
    var first = 0
    let own = lengths.map { length -> [Int32] in
      defer { first += Int(length) }
      return Array(tokens[first..<first + Int(length)])
    }
    let name = URL(fileURLWithPath: path).standardizedFileURL
    return TokenizedTexts(
      vocabulary: Vocabulary(
        bytes: bytes, offsets: offsets.map { Int($0) }, specialTokens: Set(special.map { Int($0) }), endToken: head.end,
        tokenizer: (isFolder.boolValue ? name : name.deletingLastPathComponent()).lastPathComponent,
        isExact: head.exact ?? false),
      beginning: beginning, tokens: own)
  }

  private struct Head: Decodable {
    var missing: Bool?
    var error: String?
    var end: Int?
    var exact: Bool?
    var beginning: [Int32]?
  }

  private func fault(_ reason: String) -> DatasetError { .badTokenizer(path: path, reason: reason) }

  /// Sends lines, and takes all that is answered.
  private func ask(_ lines: [Data]) throws -> [UInt8] {
    guard let executable = Self.executable(python) else { throw DatasetError.noPython(python: python) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = ["-c", Self.script]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    let (questions, answers) = (Pipe(), Pipe())
    process.standardInput = questions
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { throw DatasetError.noPython(python: python) }
    let writer = Thread {
      // One that has ended reads no more: the error suffices.
      var pipeSignal = sigset_t()
      sigemptyset(&pipeSignal)
      sigaddset(&pipeSignal, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
      for line in lines {
        guard (try? questions.fileHandleForWriting.write(contentsOf: line + Data("\n".utf8))) != nil else { break }
      }
      try? questions.fileHandleForWriting.close()
    }
    writer.start()
    let answer = answers.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return [UInt8](answer)
  }

  /// Where an executable lies: by its path, or in a folder of `PATH`.
  private static func executable(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let places = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// Blocks of bytes, each after its length.
private struct PythonAnswer {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func next() -> [UInt8]? {
    guard rest.count >= 8 else { return nil }
    let length = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(rest.count - 8) else { return nil }
    let block = Array(rest.dropFirst(8).prefix(Int(length)))
    rest = rest.dropFirst(8 + block.count)
    return block
  }

  mutating func numbers<Number: FixedWidthInteger>(_ type: Number.Type) -> [Number]? {
    let size = MemoryLayout<Number>.size
    guard let block = next(), block.count % size == 0 else { return nil }
    return block.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self))
      }
    }
  }
}
