import Foundation

/// Text that is compared with what it was when somebody last looked at it.
///
/// With `LETHE_RECORD=1` in the environment what is new is written over what is there, and the test fails all the same: a
/// change is looked at, then the tests are run once more.
public enum Snapshot {
  /// How a text differs from the recorded one, byte by byte: its first line that does, old and new; nil where nothing
  /// does.
  ///
  /// - Parameters:
  ///   - name: of the file in the folder.
  ///   - folder: where recorded texts are; nil for the folder `Snapshots` beside the test's own file.
  ///   - isRecording: whether what is new is written; as the environment says, unless told otherwise.
  public static func difference(
    of text: String, from name: String, in folder: String? = nil, beside file: String = #filePath,
    isRecording: Bool = ProcessInfo.processInfo.environment["LETHE_RECORD"] == "1"
  ) -> String? {
    let folder =
      folder.map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Snapshots")
    let place = folder.appendingPathComponent(name)
    let known = try? String(contentsOf: place, encoding: .utf8)
    // Strings are equal where they look alike; bytes are not.
    guard known.map({ Array($0.utf8) }) != Array(text.utf8) else { return nil }
    if isRecording {
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
      } catch {
        return "\(name) could not be recorded: \(error)"
      }
      return "\(name) was recorded anew: look at it, then run the tests again"
    }
    guard let known else { return "no \(name): LETHE_RECORD=1 records it" }
    let (old, new) = (lines(known), lines(text))
    let row = zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count)
    let (oldLine, newLine) = (row < old.count ? old[row] : [], row < new.count ? new[row] : [])
    let shared = zip(oldLine, newLine).prefix { $0 == $1 }.count
    return "\(name), line \(row + 1): expected '\(excerpt(oldLine, from: shared))', found "
      + "'\(excerpt(newLine, from: shared))'; if that is meant, LETHE_RECORD=1 records it"
  }

  /// A carriage return and a line feed are one Character, so the scalars are looked at.
  private static func lines(_ text: String) -> [[Unicode.Scalar]] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
  }

  /// A line, or what is around its first difference where it is long.
  private static func excerpt(_ line: [Unicode.Scalar], from difference: Int) -> String {
    guard line.count > 160 else { return String(String.UnicodeScalarView(line)) }
    let start = max(0, min(difference - 40, line.count))
    let part = line[start..<min(start + 120, line.count)]
    return (start > 0 ? "…" : "") + String(String.UnicodeScalarView(part))
      + (start + 120 < line.count ? "…" : "")
  }
}
