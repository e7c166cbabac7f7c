import Foundation

/// Text that is compared with what it was when somebody last looked at it.
///
/// With `LETHE_RECORD=1` in the environment what is new is written over what is there, and the test fails all the same: a
/// change is looked at, then the tests are run once more.
public enum Snapshot {
  /// How a text differs from the recorded one: its first line that does, old and new; nil where nothing does.
  ///
  /// - Parameters:
  ///   - name: of the file in the folder `Snapshots` beside the test's own.
  public static func difference(of text: String, from name: String, beside file: String = #filePath) -> String? {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Snapshots")
    let place = folder.appendingPathComponent(name)
    let known = try? String(contentsOf: place, encoding: .utf8)
    guard known != text else { return nil }
    if ProcessInfo.processInfo.environment["LETHE_RECORD"] == "1" {
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try? Data(text.utf8).write(to: place)
      return "\(name) was recorded anew: look at it, then run the tests again"
    }
    guard let known else { return "no \(name): LETHE_RECORD=1 records it" }
    let (old, new) = (lines(known), lines(text))
    let row = zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count)
    return "\(name), line \(row + 1): expected '\(row < old.count ? old[row] : "")', found "
      + "'\(row < new.count ? new[row] : "")'; if that is meant, LETHE_RECORD=1 records it"
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
