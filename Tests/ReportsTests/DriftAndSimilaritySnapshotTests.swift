import Findings
import Reports
import Testing

@Suite struct DriftAndSimilaritySnapshotTests {
  @Test func driftIsTabulatedByLayerAndByTensor() {
    expectSnapshot(
      terminal(["layers": SampleFindings.weights.layerTable(), "tensors": SampleFindings.weights.tensorTable()]),
      "drift.txt")
  }

  @Test func similarityIsTabulatedWithAndWithoutIntervals() throws {
    let similarity = try #require(SampleFindings.plain.similarity)
    let canonical = SampleFindings.canonical
    expectSnapshot(
      terminal([
        "with intervals": similarity.diagonalTable(), "every pair": similarity.matrixTable(),
        "without intervals": canonical.diagonalTable(), "every pair of two networks": canonical.matrixTable(),
      ]), "similarity.txt")
  }

  @Test func theMatrixOfTwoNetworksIsAsLastSeen() {
    let chart = SampleFindings.canonical.matrixChart(before: "a & <b>", after: "c")
    expectSnapshot(chart.svg(width: 360), "similarity.svg")
  }
}
