import Checkpoints
import Files
import Findings
import Foundation

/// What a folder of runs that belong together says of itself from its beginning on: `begun.json`.
struct BegunFolder: Codable {
  private static let name = "begun.json"

  /// `sweep`, `transfer` or `transfer map`.
  let kind: String
  /// How many runs there are to be.
  let runCount: Int
  /// Whether there may be fewer, as some depend on what others find.
  let isAtMost: Bool
  /// What goes on with it.
  private let command: String

  init(kind: String, runCount: Int, isAtMost: Bool) {
    self.kind = kind
    self.runCount = runCount
    self.isAtMost = isAtMost
    command = (["lethe"] + CommandLine.arguments.dropFirst()).map(\.shellQuoted).joined(separator: " ")
  }

  func write(in folder: String) throws {
    let json = try FindingEncoder.encode(self)
    try AtomicFile.write(Data((json.serialized(pretty: true) + "\n").utf8), to: "\(folder)/\(Self.name)")
  }

  /// What a folder is that is no run: the runs of a sweep or a transfer, done or begun; nil where it is neither.
  static func standing(of folder: String) -> String? {
    let manager = FileManager.default
    if let finding = try? FolderFinding(storedIn: folder) {
      return "the folder of a \(finding.kind), not a run: lethe report \(folder.shellQuoted) shows what it found, "
        + "\(folder)/runs has its runs"
    }
    guard manager.fileExists(atPath: "\(folder)/options.yaml"),
      !manager.fileExists(atPath: "\(folder)/\(FindingFile.name)")
    else { return nil }
    let done = doneCount(in: folder)
    let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    guard let begun = text.flatMap({ try? FindingDecoder.decode(BegunFolder.self, from: $0) }) else {
      return "an unfinished sweep or transfer, \(done) of its runs \(done == 1 ? "is" : "are") done: its own command, "
        + "given again, goes on with it"
    }
    let all = (begun.isAtMost ? "at most " : "") + "\(begun.runCount)"
    return "an unfinished \(begun.kind), \(done) of its \(all) runs \(done == 1 ? "is" : "are") done: \(begun.command) "
      + "goes on with it"
  }

  /// Runs that came to their end or cannot, in the folder or in those of its targets.
  private static func doneCount(in folder: String) -> Int {
    let manager = FileManager.default
    func names(_ path: String) -> [String] { (try? manager.contentsOfDirectory(atPath: path)) ?? [] }
    let folders = [folder] + names(folder).filter { $0 != "runs" }.map { "\(folder)/\($0)" }
    return folders.reduce(0) { sum, folder in
      sum
        + names("\(folder)/runs").count {
          $0.hasSuffix(".failed") || (try? Run.open("\(folder)/runs/\($0)"))?.record.isFinished == true
        }
    }
  }
}
