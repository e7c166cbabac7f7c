import Findings
import Reports
import Testing

@Suite struct ProbeAndRewindSnapshotTests {
  @Test func theProbesOfTwoModelsAreComparedAndOfOneAreNot() {
    var single = SampleFindings.probes
    single.models = ["before & <after>"]
    for index in single.layers.indices {
      single.layers[index].scores.removeLast()
      single.layers[index].drop = nil
    }
    expectSnapshot(
      terminal([
        "two models": SampleFindings.probes.table(), "their finding": SampleFindings.probes.chart().title,
        "one model": single.table(), "its finding": single.chart().title,
        "control": SampleFindings.probes.controlWords,
      ]), "probes.txt")
  }

  @Test func theBarsOfProbesAreAsLastSeen() {
    expectSnapshot(SampleFindings.probes.chart().svg(width: 420), "probes.svg")
  }

  @Test func everyOrderOfRewindingHasItsTable() {
    expectSnapshot(
      terminal([
        "each alone": SampleFindings.rewinds.table(.alone), "their finding": SampleFindings.rewinds.chart(.alone).title,
        "from the head": SampleFindings.rewinds.table(.fromHead),
        "not asked for": SampleFindings.rewinds.table(.fromInput),
      ]), "rewinds.txt")
  }

  @Test func theBarsOfRewindsAreAsLastSeen() {
    expectSnapshot(SampleFindings.rewinds.chart(.alone).svg(width: 420), "rewinds.svg")
  }
}
