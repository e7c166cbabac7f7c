import Foundation

// libFuzzer brings `main`, and calls these two: `fuzz READER [libFuzzer's options] [folders]` gives a reader inputs that
// it makes of those in the folders, `fuzz --list` lists the readers, `fuzz --corpus FOLDER` writes what each begins with
// to `FOLDER/READER`.

// Set before the first input.
nonisolated(unsafe) private var reader: (any Reader.Type)?

@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<Int32>, _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> Int32 {
  let arguments = (0..<Int(count.pointee)).map { String(cString: words.pointee[$0]) }
  switch arguments.dropFirst().first {
  case "--list":
    print(readers.map { $0.name }.joined(separator: "\n"))
    exit(0)
  case "--corpus":
    writeCorpora(to: arguments.count > 2 ? arguments[2] : "corpus")
    exit(0)
  case let name:
    reader = readers.first { $0.name == name }
    guard reader != nil else {
      print("fuzz READER [options of libFuzzer] [folders], fuzz --list, fuzz --corpus FOLDER")
      exit(64)
    }
  }
  // libFuzzer would take the reader's name for a folder.
  for index in 1..<arguments.count - 1 { words.pointee[index] = words.pointee[index + 1] }
  count.pointee -= 1
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do { try reader?.read(Data(UnsafeBufferPointer(start: bytes, count: count))) } catch {
    // The words are made of what the file says: making them is looked at too.
    precondition(!"\(error)".isEmpty)
  }
  return 0
}

private func writeCorpora(to folder: String) {
  for reader in readers {
    do {
      let place = "\(folder)/\(reader.name)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      for (number, seed) in try reader.seeds().enumerated() {
        try seed.write(to: URL(fileURLWithPath: "\(place)/seed-\(number)"))
      }
    } catch { fatalError("\(reader.name): \(error)") }
  }
}
