import Findings
import Reports
import Testing

@Suite struct SweepSnapshotTests {
  private let grid = SampleFindings.sweep()
  private let budget = SampleFindings.sweep(budget: 0.05)

  @Test func thePageOfAGridNamesTheKnee() { expectSnapshot(grid.html(title: "sweeps/held"), "sweep.html") }

  @Test func thePageOfABudgetNamesWhatKeepsIt() {
    expectSnapshot(budget.html(title: "sweeps/held & <budget>"), "sweep-budget.html")
  }

  @Test func theTerminalHasEveryMethod() {
    let single = SampleFindings.sweep(seedCount: 1)
    expectSnapshot(
      terminal([
        "grid": grid.verdict, "its methods": grid.table(), "budget": budget.verdict, "within it": budget.table(),
        "failures": grid.failures, "one seed": single.verdict, "its methods ": single.table(),
        "a budget nobody keeps": SampleFindings.sweep(budget: 0.05, methods: ["none"]).verdict,
      ]), "sweep.txt")
  }

  @Test func theFileIsAsLastSeen() { expectSnapshot(grid.csv(), "sweep.csv") }
}
