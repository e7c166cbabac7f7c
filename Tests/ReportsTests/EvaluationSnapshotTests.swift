import Findings
import Reports
import Testing

@Suite struct EvaluationSnapshotTests {
  @Test func anEvaluationIsALineAndATableOfClasses() {
    let evaluation = SampleFindings.evaluation
    expectSnapshot(terminal(["verdict": evaluation.verdict, "classes": evaluation.classTable()]), "evaluation.txt")
  }

  @Test func theLineBetweenTwoModelsIsTabulatedForWhatWasMeasured() {
    let both = SampleFindings.interpolation
    var source = both
    for index in source.points.indices { source.points[index].target = nil }
    expectSnapshot(
      terminal([
        "both tasks": both.table(), "their finding": both.chart().title, "the source alone": source.table(),
        "its finding": source.chart().title,
      ]), "interpolation.txt")
  }

  @Test func theLineBetweenTwoModelsIsDrawn() {
    expectSnapshot(SampleFindings.interpolation.chart().svg(width: 420), "interpolation.svg")
  }
}
