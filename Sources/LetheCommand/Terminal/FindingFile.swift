import Files
import Findings
import Foundation

/// A finding beside its page, for programs.
enum FindingFile {
  /// Writes `finding.json`.
  ///
  /// - Returns: what it says, which is what `--json` prints.
  @discardableResult
  static func write(_ finding: some Encodable, in folder: String) throws -> JSONValue {
    let json = try FindingEncoder.encode(finding)
    try AtomicFile.write(Data((json.serialized(pretty: true) + "\n").utf8), to: "\(folder)/finding.json")
    return json
  }
}
