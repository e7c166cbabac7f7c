import Files
import Findings
import Foundation

/// What stands beside a page, for programs: the finding, its charts and numbers.
enum FindingFile {
  /// What it is called in a folder.
  static let name = "finding.json"

  /// Writes `finding.json`.
  ///
  /// - Returns: what it says, which is what `--json` prints.
  @discardableResult
  static func write(_ finding: some Encodable, in folder: String) throws -> JSONValue {
    let json = try FindingEncoder.encode(finding)
    try AtomicFile.write(Data((json.serialized(pretty: true) + "\n").utf8), to: "\(folder)/\(name)")
    return json
  }

  /// Writes charts and numbers into a folder.
  ///
  /// - Parameter plots: what charts are drawn as besides.
  /// - Returns: the paths of the files.
  static func write(
    _ files: [(fileName: String, content: String)], to folder: String, plots: [PlotFormat] = []
  ) throws -> [String] {
    let renderer = plots.isEmpty ? nil : try PlotRenderer()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let paths = try zip(FileName.unique(files.map(\.fileName)), files).map { name, file in
      let path = "\(folder)/\(name)"
      try AtomicFile.write(Data(file.content.utf8), to: path)
      return path
    }
    return try paths + (renderer?.draw(paths.filter { $0.hasSuffix(".svg") }, as: plots) ?? [])
  }
}
