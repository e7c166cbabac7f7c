/// What the labels of places, or those that an example has or has not, are in batches.
enum TargetPlacement: Sendable, Equatable {
  /// The number that each class has.
  case classes([Int])
  /// The column that each label has, and how many columns there are; those that no label has are −100.
  case columns([Int], count: Int)

  /// This one, and what follows from its numbers on.
  func followed(by other: TargetPlacement) -> TargetPlacement {
    switch (self, other) {
    case (.classes(let own), .classes(let numbers)): .classes(own.map { numbers[$0] })
    case (.columns(let own, _), .columns(let places, let count)): .columns(own.map { places[$0] }, count: count)
    default: preconditionFailure("\(other) after \(self): targets are classes or columns, not both")
    }
  }
}
