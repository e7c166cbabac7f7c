/// How images from files are read.
public struct ImageOptions: Sendable, Equatable {
  /// What they are brought to; nil takes them as they are, all of one size.
  public var shape: ImageShape?
  /// Whether images that cannot be read are left out, and named in ``Dataset/skipped``, rather than being an error.
  public var skipsUnreadable: Bool

  /// By default images are taken as they are, and one that cannot be read is an error.
  public init(shape: ImageShape? = nil, skipsUnreadable: Bool = false) {
    self.shape = shape
    self.skipsUnreadable = skipsUnreadable
  }
}
