import Foundation
import TestSupport
import Testing

/// The lessons' cells, run one after the other as a reader would.
@Suite(.serialized) struct LessonTests {
  static let lessons =
    (try? FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Notebooks-md"))?
    .filter { $0.hasSuffix(".md") }.sorted() ?? []

  @Test func thereAreLessons() { #expect(Self.lessons.count >= 2) }

  @Test(arguments: lessons) func everyCellRuns(lesson: String) throws {
    let folder = try TemporaryFolder()
    let cells = try Repository.text("Notebooks-md/\(lesson)").components(separatedBy: "```bash\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    #expect(cells.count > 3)
    let run = try Command(script: "set -eo pipefail\n" + cells.joined(separator: "\n"), in: folder.path)
    #expect(run.status == 0, "\(lesson): \(run.errors.suffix(600))")
  }
}
