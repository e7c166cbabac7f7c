import Findings
import Reports
import Testing

@Suite struct PredictionSnapshotTests {
  /// The bars are as long as the probabilities say, and names from files are text.
  @Test func aSheetShowsWhatWasAnswered() {
    var finding = SampleFindings.prediction(count: 2)
    finding.images[0].file = "<b>.png"
    let page = finding.html(title: "cats")
    #expect(page.contains("<p>&lt;b&gt;.png</p>") && !page.contains("<b>.png"))
    #expect(page.contains("background-size:90.0% 100%") && page.contains("90.0\u{a0}%"))
    #expect(page.components(separatedBy: "data:image/bmp;base64,").count == 3)
    #expect(!page.contains("src=\"http") && !page.contains("<script src"))
  }

  @Test func aSheetKeepsItsLook() {
    let finding = SampleFindings.prediction(count: 2)
    expectSnapshot(finding.html(title: "cats · base.h5"), "prediction.html")
    expectSnapshot(terminal(["table": finding.table(), "basis": finding.basis]), "prediction.txt")
    expectSnapshot(finding.csv(), "prediction.csv")
  }
}

extension SampleFindings {
  /// So many pictures of four pixels.
  static func prediction(count: Int) -> PredictionFinding {
    let answers = [
      PredictionFinding.Answer("cat", label: 1, probability: 0.9),
      PredictionFinding.Answer("a dog", label: 0, probability: 0.09996),
    ]
    let images = (0..<count).map { number in
      PredictionFinding.Image(
        file: "photos/\(number).jpg", classes: answers,
        picture: Picture(planes: [0, 255, 128, UInt8(number)], channels: 1, height: 2, width: 2))
    }
    return PredictionFinding(checkpoint: "base.h5", head: "pets", classCount: 3, images: images)
  }
}
