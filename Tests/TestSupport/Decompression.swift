import Foundation

extension Repository {
  /// A compressed fixture, unpacked into a folder; the path of what came out.
  public static func unpacked(_ fixture: String, in folder: TemporaryFolder) throws -> String {
    let name = URL(fileURLWithPath: fixture).deletingPathExtension().lastPathComponent
    let path = folder.file(name)
    try Data().write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", Self.fixture(fixture)]
    process.standardOutput = FileHandle(forWritingAtPath: path)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileReadCorruptFile) }
    return path
  }
}
