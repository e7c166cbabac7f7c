import ArgumentParser

/// What the options of a group are there for.
///
/// What a folder has to have been begun with, what a proposed command line repeats, what a run stores: all follow from it,
/// so that a new option stands in its group and nowhere else.
enum OptionPurpose: CaseIterable {
  /// What is asked: with another value the result is another one.
  case result
  /// How far to go: more seeds, other cuts, no scores. What is there already stays as it is.
  case extent
  /// Where it is written.
  case place
  /// How it is computed: on which device, by how many.
  case execution
  /// This one call: what it prints, what it goes on with. No other call repeats it.
  case invocation
}

/// Options that serve one purpose; a group within another has its own.
///
/// Commands that fill a folder have no options outside such groups: one that is forgotten fails a test.
protocol PurposefulOptions: ParsableArguments {
  var purpose: OptionPurpose { get }
}

protocol ResultOptions: PurposefulOptions {}
extension ResultOptions { var purpose: OptionPurpose { .result } }

protocol ExtentOptions: PurposefulOptions {}
extension ExtentOptions { var purpose: OptionPurpose { .extent } }

protocol PlaceOptions: PurposefulOptions {}
extension PlaceOptions { var purpose: OptionPurpose { .place } }

protocol ExecutionOptions: PurposefulOptions {}
extension ExecutionOptions { var purpose: OptionPurpose { .execution } }

protocol InvocationOptions: PurposefulOptions {}
extension InvocationOptions { var purpose: OptionPurpose { .invocation } }
