//! Record tables: values of any length, each decoded on demand, found by an offset.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::error::{Corruption, Damage};
use super::format::{MAX_RECORD, decode_record, encode_record};
use super::part::Part;

/// Records as they are written: `offsets[i]..offsets[i + 1]` of `blob` is record `i`.
#[derive(Debug)]
pub(super) struct RecordTable {
    pub offsets: Vec<u64>,
    pub blob: Vec<u8>,
}

impl RecordTable {
    /// Encodes `records`; `part` is named if one of them is too long.
    pub fn encode<T: Serialize>(
        records: impl Iterator<Item = T>,
        part: Part,
    ) -> Result<RecordTable, Corruption> {
        let mut table = RecordTable {
            offsets: vec![0],
            blob: Vec::new(),
        };
        for record in records {
            table.blob.extend(encode_bounded(&record, part)?);
            table.offsets.push(table.blob.len() as u64);
        }
        Ok(table)
    }
}

/// One encoded record, refused if a reader would refuse it.
pub(super) fn encode_bounded<T: Serialize>(record: &T, part: Part) -> Result<Vec<u8>, Corruption> {
    let limit = MAX_RECORD as u64;
    encode_record(record).ok_or(
        Damage::OutOfRange {
            value: limit + 1,
            limit,
        }
        .of(part),
    )
}

/// A record table in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Records<'a> {
    pub offsets: &'a [u64],
    pub blob: &'a [u8],
    pub offsets_part: Part,
    pub blob_part: Part,
}

impl<'a> Records<'a> {
    /// Checks in O(1) that there are `expected` records.
    pub fn check_shape(&self, expected: usize) -> Result<(), Corruption> {
        Damage::unless_equal(expected + 1, self.offsets.len())
            .map_err(|damage| damage.of(self.offsets_part))
    }

    /// Decodes record `i`.
    pub fn get<T: Deserialize<'a>>(&self, i: usize) -> Result<T, Corruption> {
        let span = span(self.offsets, i, self.blob.len());
        let span = span.map_err(|damage| damage.of(self.offsets_part))?;
        decode_record(&self.blob[span])
            .ok_or(Damage::Undecodable { record: i as u64 }.of(self.blob_part))
    }

    /// Checks in O(n) that the offsets ascend over the whole blob.
    pub fn verify_offsets(&self) -> Result<(), Corruption> {
        check_offsets(self.offsets, self.blob.len() as u64)
            .map_err(|damage| damage.of(self.offsets_part))
    }
}

/// `offsets[i]..offsets[i + 1]` for offsets read from a file into something `limit` long.
pub(super) fn span<T: Copy + Into<u64>>(
    offsets: &[T],
    i: usize,
    limit: usize,
) -> Result<Range<usize>, Damage> {
    let bounds = offsets.get(i..).and_then(|rest| rest.first_chunk::<2>());
    let &[start, end] = bounds.ok_or(Damage::OutOfRange {
        value: i as u64,
        limit: offsets.len().saturating_sub(2) as u64,
    })?;
    let (start, end) = (start.into(), end.into());
    if end > limit as u64 {
        return Err(Damage::OutOfRange {
            value: end,
            limit: limit as u64,
        });
    }
    if start > end {
        return Err(Damage::Order {
            entry: i as u64 + 1,
        });
    }
    Ok(start as usize..end as usize)
}

/// Offsets must start at 0, never descend and end at `limit`.
pub(super) fn check_offsets<T: Copy + Into<u64>>(offsets: &[T], limit: u64) -> Result<(), Damage> {
    let mut last = 0;
    for (entry, &offset) in offsets.iter().enumerate() {
        let offset = offset.into();
        if offset < last {
            return Err(Damage::Order {
                entry: entry as u64,
            });
        }
        if offset > limit || (entry == 0 && offset != 0) {
            return Err(Damage::OutOfRange {
                value: offset,
                limit,
            });
        }
        last = offset;
    }
    if last == limit {
        Ok(())
    } else {
        Err(Damage::Mismatch {
            expected: limit,
            found: last,
        })
    }
}

/// Ids must strictly ascend and lie below `limit`.
pub(super) fn check_ids(ids: &[u32], limit: usize) -> Result<(), Damage> {
    if let Some(at) = ids.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Err(Damage::Order {
            entry: at as u64 + 1,
        });
    }
    match ids.last() {
        Some(&id) if id as usize >= limit => Err(Damage::OutOfRange {
            value: u64::from(id),
            limit: limit as u64,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_must_cover_everything_in_order() {
        assert_eq!(check_offsets(&[0u32, 0, 3, 5], 5), Ok(()));
        assert_eq!(
            check_offsets(&[0u32, 3, 2, 5], 5),
            Err(Damage::Order { entry: 2 })
        );
        assert_eq!(
            check_offsets(&[1u32, 5], 5),
            Err(Damage::OutOfRange { value: 1, limit: 5 })
        );
        assert_eq!(
            check_offsets(&[0u64, 9, 5], 5),
            Err(Damage::OutOfRange { value: 9, limit: 5 })
        );
        assert_eq!(
            check_offsets(&[0u64, 4], 5),
            Err(Damage::Mismatch {
                expected: 5,
                found: 4
            })
        );
    }

    #[test]
    fn ids_must_ascend_below_the_limit() {
        assert_eq!(check_ids(&[], 0), Ok(()));
        assert_eq!(check_ids(&[0, 2, 4], 5), Ok(()));
        assert_eq!(check_ids(&[0, 2, 2], 5), Err(Damage::Order { entry: 2 }));
        assert_eq!(
            check_ids(&[0, 5], 5),
            Err(Damage::OutOfRange { value: 5, limit: 5 })
        );
    }
}
