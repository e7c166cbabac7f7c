/// How images from files are read.
public struct ImageOptions: Sendable, Equatable {
  /// What they are brought to; nil takes them as they are, all of one size.
  public var shape: ImageShape?
  /// What their shorter side is resized to before the middle is cut out; nil resizes until the shape is just covered.
  public var resize: Int?
  /// Whether images that cannot be read are left out, and named in ``Dataset/skipped``, rather than being an error.
  public var skipsUnreadable: Bool
  /// Whether all are read into memory at once and random crops drawn from what they were brought to, as until version
  /// 0.1; else many are decoded when they are needed, and random crops are drawn from the files.
  public var readsWhole = false
  /// Up to so many bytes, as they are brought to the shape, images are kept in memory; beyond, they are decoded each time
  /// they are needed. The fingerprint is of the pixels below and of the files above, so this is one number for all.
  var memoryLimit = 1 << 29

  /// By default images are taken as they are, and one that cannot be read is an error.
  public init(shape: ImageShape? = nil, resize: Int? = nil, skipsUnreadable: Bool = false) {
    self.shape = shape
    self.resize = resize
    self.skipsUnreadable = skipsUnreadable
  }
}
